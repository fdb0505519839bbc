"""Recognise a request for a drawing in a language that no drawing can be asked for in, and say so.

Things are found by their English and Chinese names alone, and so is what must not be drawn.
"""

import re

from assistant.errors import InputError

# What a thing to be drawn is introduced by: `mal` may be a particle, and `pinta` an impression.
_ONE_DE = r"(?:ein(?:e[mnrs]?)?|mehreren?|einigen?|zwei|drei|vier|fünf|sechs)\b"
_ONE_FR = r"(?:d'une?|(?:de|avec) (?:une?|deux|trois|quatre|cinq|six|plusieurs))\b"
_ONE_ES = r"(?:un[ao]?s?|dos|tres|cuatro|cinco|seis)\b"
# `Bild`, `image` and `imagen` may be a disk's copy or what a screen shows: they are drawings only
# of some thing that the clause ends with. A word for a drawing alone says so by itself.
_THING = r"(?: [^\W\d]+){1,4}\W*$"
_NO_COPY = (
    r"(?!.*\b(?:iso|sd|usb|ssd|bios|windows|linux|docker|backup|boot\w*|arranque|virtu\w+"
    r"|s[iy]st[eèé]m\w*|dis[ck]\w*|disque|disquette|festplatte\w*|laufwerk\w*|partici[oó]n|partition"
    r"|serv(?:er\w*|idor|eur)|firmware|bildschirm\w*|écran|pantalla|monitor\w*|screenshot)\b)"
)
_NO_VERB_DE = r"(?!.*(?-i: [a-zäöüß]+en)\W*$)"
_OF_DE = rf"(?:(?:von|mit) )?{_NO_COPY}{_NO_VERB_DE}{_ONE_DE}{_THING}"
_OF_FR = rf"{_NO_COPY}{_ONE_FR}{_THING}"
_OF_ES = rf"(?:de|con) {_NO_COPY}{_ONE_ES}{_THING}"
_CHARTS = re.compile(r"diagram|schaubild|organigram|sch[ée]ma|esquema", re.IGNORECASE)
_LEADS = {
    "de": r"(?:(?:bitte|hallo|hey|jetzt|nun|und|dann|danach|außerdem)\b[ ,]*)*",
    "fr": r"(?:(?:s'il (?:te|vous) plaît|bonjour|salut|maintenant|et|puis|ensuite)\b[ ,!]*)*",
    "es": r"¿?(?:(?:por favor|hola|ahora|y|luego|después|también)\b[ ,!¿]*)*",
}
_REQUESTS = {
    "de": rf"(?:zeichne|skizziere)(?:n sie)?\b"
    rf"|(?:male|malen sie)(?: (?:bitte|doch|mal|einmal))* {_ONE_DE}(?!.*\?)"
    r"|male?(?:n sie)?(?: (?:bitte|doch|mal))* (?:mir|uns)(?: (?:bitte|doch|mal|einmal))* "
    rf"{_ONE_DE}(?!.*\?)"
    r"|(?:kannst|könntest|würdest|magst) du\b.*(?<! zu) (?:zeichnen|malen|skizzieren)\W*$"
    r"|(?:können|könnten|würden) sie\b.*(?<! zu) (?:zeichnen|malen|skizzieren)\W*$"
    r"|ich (?:möchte|will|hätte gerne?)\b(?:.*\b(?:zeichnest|malst)\b"
    rf"| eine? (?:\w+ )?(?:bild|zeichnung|illustration) {_OF_DE})"
    r"|(?:erstelle|erzeuge|generiere|mache?)(?:n sie)?(?: (?:mir|uns|bitte))* eine? (?:\w+ )?"
    rf"(?:(?:zeichnung|illustration)\b|bild {_OF_DE})",
    "fr": r"(?:dessine[sz]?|peins|peignez)\b"
    r"|(?:(?:peux|pourrais|veux)[- ]tu|(?:pouvez|pourriez|voulez)[- ]vous|tu peux|vous pouvez"
    r"|j'aimerais que tu|je (?:veux|voudrais) que (?:tu|vous))(?: \w+){0,2} "
    r"(?:dessin(?:er|es|iez)|peindre)\b"
    rf"|je (?:veux|voudrais) une? (?:\w+ )?(?:(?:dessin|illustration) (?:de |d'|avec )"
    rf"|image {_OF_FR})"
    r"|(?:fais|faites|crée[sz]?|créez|génère|générez)(?:[- ](?:moi|nous))? une? (?:\w+ )?"
    rf"(?:(?:dessin|illustration)\b|image {_OF_FR})",
    "es": r"(?:dib[uú]j[ae](?:me|nos)?|dibujad)\b"
    rf"|p[ií]nt[ae](?:me|nos)? {_ONE_ES}(?!.*\?)"
    r"|(?:me )?(?:puedes|podrías|puede|podría|quiero que|quisiera que)(?: \w+){0,2} "
    r"(?:dibuj(?:ar(?:me|nos)?|es|e)|pint(?:ar(?:me|nos)?|es|e))\b"
    rf"|(?:quiero|quisiera) una? (?:\w+ )?(?:(?:dibujo|ilustración) de\b|imagen {_OF_ES})"
    r"|(?:crea|genera|haz)(?:me|nos)? una? (?:\w+ )?"
    rf"(?:(?:dibujo|ilustración)\b|imagen {_OF_ES})",
}
_PATTERNS = {
    code: re.compile(rf"\s*{_LEADS[code]}(?:{rule})", re.IGNORECASE)
    for code, rule in _REQUESTS.items()
}
_ANSWERS = {
    "de": "Zeichnungen lassen sich bisher nur auf Englisch oder Chinesisch anfordern, zum Beispiel "
    "mit `Draw a red apple`. Anderes kann auf Deutsch gefragt werden.",
    "fr": "Pour l'instant, un dessin ne peut être demandé qu'en anglais ou en chinois, par exemple "
    "avec `Draw a red apple`. Le reste peut être demandé en français.",
    "es": "Por ahora un dibujo solo se puede pedir en inglés o en chino, por ejemplo con "
    "`Draw a red apple`. Lo demás se puede preguntar en español.",
}


def language_of(request: str) -> str:
    """Return the language, German, French or Spanish, in which a drawing is asked for; else ""."""
    words = request.replace("’", "'")
    if _CHARTS.search(words):  # they show an answer's steps, which no drawing is looked up for
        return ""
    return next((code for code, asks in _PATTERNS.items() if asks.match(words)), "")


def check_language(request: str) -> None:
    """Raise InputError, in the user's language, for a drawing that is asked for in another one."""
    if code := language_of(request):
        raise InputError(_ANSWERS[code])
