// Merges new HTML into what is on the page, so that focus, open details and players survive.
window.samesense = window.samesense || {};

(() => {
  // The script of the page owns these: the server's HTML must not set them back.
  const owned = (element, attribute) =>
    element.hasAttribute("data-act") || (["DETAILS", "DIALOG"].includes(element.tagName) && attribute === "open");

  function syncAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !owned(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value && !owned(old, name)) old.setAttribute(name, value);
    }
  }

  const alike = (a, b) => a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  function syncChildren(parent, fresh) {
    let cursor = parent.firstChild;
    for (const node of [...fresh.childNodes]) {
      let match = cursor;
      while (match && !alike(match, node)) match = match.nextSibling;
      if (!match) {
        parent.insertBefore(node, cursor);
        continue;
      }
      while (cursor !== match) {
        const gone = cursor;
        cursor = cursor.nextSibling;
        gone.remove();
      }
      sync(match, node);
      cursor = match.nextSibling;
    }
    while (cursor) {
      const gone = cursor;
      cursor = cursor.nextSibling;
      gone.remove();
    }
  }

  function sync(old, fresh) {
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
    } else if (old.nodeType === Node.ELEMENT_NODE) {
      syncAttributes(old, fresh);
      if (!old.hasAttribute("data-keep")) syncChildren(old, fresh);
    }
  }

  samesense.morph = (element, html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    syncChildren(element, template.content);
  };
})();
