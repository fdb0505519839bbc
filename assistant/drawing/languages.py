"""Recognise a request for a drawing in a language that no drawing can be asked for in, and say so.

Things are found by their English and Chinese names alone, and so is what must not be drawn.
"""

import re

from assistant.errors import InputError

# What a thing to be drawn is introduced by: `mal` may be a particle, and `pinta` an impression.
_ONE_DE = r"(?:ein(?:en?)?|mehrere|einige|zwei|drei|vier|fünf|sechs|\d+)\b"
_ONE_ES = r"(?:un[ao]?s?|el|l[ao]s?|dos|tres|cuatro|cinco|seis|\d+)\b"
_CHARTS = re.compile(r"diagram|schaubild|organigram|sch[ée]ma|esquema", re.IGNORECASE)
_LEADS = {
    "de": r"(?:(?:bitte|hallo|hey|jetzt|nun|und|dann|danach|außerdem)\b[ ,]*)*",
    "fr": r"(?:(?:s'il (?:te|vous) plaît|bonjour|salut|maintenant|et|puis|ensuite)\b[ ,!]*)*",
    "es": r"¿?(?:(?:por favor|hola|ahora|y|luego|después|también)\b[ ,!¿]*)*",
}
_REQUESTS = {
    "de": rf"(?:zeichne|skizziere)(?:n sie)?\b"
    rf"|male?(?:n sie)?(?: (?:mir|uns|bitte|doch|mal|einmal))* {_ONE_DE}(?!.*\?)"
    r"|(?:kannst|könntest|würdest|magst) du\b.*\b(?:zeichnen|malen|skizzieren)\W*$"
    r"|(?:können|könnten|würden) sie\b.*\b(?:zeichnen|malen|skizzieren)\W*$"
    r"|ich (?:möchte|will|hätte gerne?)\b.*\b(?:zeichnest|malst"
    r"|(?:bild|zeichnung|illustration) (?:von|mit|eine[sr]))\b"
    r"|(?:erstelle|erzeuge|generiere|mache?)(?:n sie)?(?: (?:mir|uns|bitte))* ein(?:e|en)? "
    r"(?:\w+ )?(?:bild|zeichnung|illustration)\b",
    "fr": r"(?:dessine[sz]?|peins|peignez)\b"
    r"|(?:(?:peux|pourrais|veux)[- ]tu|(?:pouvez|pourriez|voulez)[- ]vous|tu peux|vous pouvez"
    r"|j'aimerais que tu|je voudrais que (?:tu|vous))(?: \w+){0,2} "
    r"(?:dessin(?:er|es|iez)|peindre)\b"
    r"|je (?:veux|voudrais) une? (?:\w+ )?(?:dessin|image|illustration) (?:de|d'|avec)"
    r"|(?:fais|faites|crée[sz]?|créez|génère|générez)(?:[- ](?:moi|nous))? une? "
    r"(?:\w+ )?(?:dessin|image|illustration)\b",
    "es": r"(?:dib[uú]j[ae](?:me|nos)?|dibujad)\b"
    rf"|p[ií]nt[ae](?:me|nos)? {_ONE_ES}"
    r"|(?:me )?(?:puedes|podrías|puede|podría|quiero que|quisiera que)(?: \w+){0,2} "
    r"(?:dibuj(?:ar(?:me|nos)?|es|e)|pint(?:ar(?:me|nos)?|es|e))\b"
    r"|(?:quiero|quisiera) una? (?:\w+ )?(?:dibujo|imagen|ilustración) de\b"
    r"|(?:crea|genera|haz)(?:me|nos)? una? (?:\w+ )?(?:dibujo|imagen|ilustración)\b",
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
