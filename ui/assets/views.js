// The two views of the page, chat and library: one document, so that an answer goes on behind.
window.samesense = window.samesense || {};

samesense.views = (() => {
  const listeners = [];
  const current = () =>
    new URL(location.href).searchParams.get("view") === "library" ? "library" : "chat";

  function show() {
    const library = current() === "library";
    document.body.classList.toggle("in-library", library);
    document.body.classList.remove("threads-open");
    const top = document.querySelector("header.top");
    if (top) document.title = library ? top.dataset.titleLibrary : top.dataset.titleChat;
    listeners.forEach((listener) => listener(current()));
  }

  function go(view) {
    const url = new URL(location.href);
    if (view === "library") url.searchParams.set("view", view);
    else url.searchParams.delete("view");
    history.pushState(null, "", url);
    show();
    scrollTo(0, 0);
    const target = document.getElementById(view === "library" ? "library-title" : "message");
    if (target) target.focus({ preventScroll: true });
  }

  addEventListener("popstate", show);
  return { current, show, go, onchange: (listener) => listeners.push(listener) };
})();
