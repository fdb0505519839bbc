"""The sentences in which pictures are described, in English and Chinese."""

from collections.abc import Sequence

from assistant.pictures.names import COLOURS

_WORDS = {
    "en": {
        "sure": "It shows {thing}.",
        "sure with": "It shows {thing}, perhaps {other}.",
        "probable": "It probably shows {thing}.",
        "probable with": "It probably shows {thing}, perhaps {other}.",
        "possible": "It may show {thing}.",
        "possible with": "It may show {thing} or {other}.",
        "none": "I cannot tell what it shows.",
        "none with": "I cannot tell what it shows; its colours are mostly {colours}.",
        "screen": "It looks like a screenshot or a page of text.",
        "drawing": "It looks like a drawing or a diagram; I cannot tell what is drawn.",
        "made": "I drew this from the words {words}, as its file says.",
        "drawing made": "By looking alone, I cannot tell what is drawn.",
        "drawing of": "It looks like a drawing; it may show {thing}.",
        "refused blank": "The picture is empty: one colour and nothing on it. Check that nothing "
        "covers the lens, then take it again.",
        "refused tiny": "The picture is too small for me to describe. Send a larger one, or take "
        "it again from nearer.",
        "refused dark": "The picture is too dark for me to describe. Turn on a light or move to a "
        "brighter place, then take it again.",
        "refused blurred": "The picture is too blurred for me to describe. Move back a little, "
        "hold still, then take it again.",
        "refused faint": "The picture has too little contrast for me to describe. Wipe the lens, "
        "keep the light behind you, then take it again.",
        "refused gone": "The picture is no longer where it was. Please send it again.",
        "tiny": "The picture is very small, so I may be wrong.",
        "dark": "The picture is dark, so I may be wrong; more light would help.",
        "blurred": "The picture is blurred, so I may be wrong; hold still and take it again.",
        "faint": "The picture has little contrast, so I may be wrong; wipe the lens.",
        "hazard": "Careful: there may be {thing}, which can be dangerous.",
        "warning": "There is a warning on it: {lines}.",
        "text": "It reads: {lines}.",
        "also text": "It also reads: {lines}.",
        "doubtful text": "I am not sure of this text: {lines}.",
        "no text": "I found no text in it.",
        "more text": "There is more text; ask for more detail to hear it.",
        "text at": "{place} it reads: {lines}.",
        "no text at": "I found no text {place}.",
        "colours": "Its colours are mostly {colours}.",
        "colours of": "What stands out in the middle is mostly {middle}; the whole picture is "
        "mostly {colours}.",
        "no colours": "I cannot tell its colours: the picture is not clear enough.",
        "also": "It could also be {things}.",
        "size": "The picture is {width} by {height} pixels.",
        "people": "I do not recognise people, and I do not guess who they are, their age or sex.",
        "count": "I cannot count things in a picture reliably.",
        "same": "I looked again, closer and with more contrast: nothing changed in what I see.",
        "changed": "Before, I said: {before} Looking again, closer and with more contrast: {now}",
        "read more": "Looking again, I also read: {lines}.",
        "read less": "Looking again, I no longer read: {lines}.",
        "or": " or ", "and": " and ", "comma": ", ", "between": "; ",
    },
    "zh": {
        "sure": "画面上是{thing}。",
        "sure with": "画面上是{thing}，也许是{other}。",
        "probable": "画面上很可能是{thing}。",
        "probable with": "画面上很可能是{thing}，也许是{other}。",
        "possible": "画面上可能是{thing}。",
        "possible with": "画面上可能是{thing}或者{other}。",
        "none": "我看不出画面上是什么。",
        "none with": "我看不出画面上是什么，颜色主要是{colours}。",
        "screen": "看起来是截图或者文字页面。",
        "drawing": "看起来是图画或者图表，我看不出画的是什么。",
        "made": "文件里写明，这是我按{words}画的。",
        "drawing made": "只看画面，我看不出画的是什么。",
        "drawing of": "看起来是图画，画的可能是{thing}。",
        "refused blank": "图片是空白的：只有单色，没有内容。请检查镜头有没有被挡住，再重新拍摄。",
        "refused tiny": "图片太小，我无法描述。请发送更大的图片，或者靠近重新拍摄。",
        "refused dark": "图片太暗，我无法描述。请开灯或者到更亮的地方，再重新拍摄。",
        "refused blurred": "图片太模糊，我无法描述。请稍微后退，拿稳手机，再重新拍摄。",
        "refused faint": "图片对比度太低，我无法描述。请擦干净镜头，背对光线，再重新拍摄。",
        "refused gone": "原来的图片已经不在了，请重新发送。",
        "tiny": "图片很小，我可能说错。",
        "dark": "图片偏暗，我可能说错；光线亮些会更好。",
        "blurred": "图片模糊，我可能说错；请拿稳重新拍摄。",
        "faint": "图片对比度低，我可能说错；请擦干净镜头。",
        "hazard": "注意：画面上可能有{thing}，可能有危险。",
        "warning": "上面有警告：{lines}。",
        "text": "上面写着：{lines}。",
        "also text": "还写着：{lines}。",
        "doubtful text": "以下文字我没有把握：{lines}。",
        "no text": "里面没有找到文字。",
        "more text": "还有更多文字，想听请说“详细点”。",
        "text at": "{place}写着：{lines}。",
        "no text at": "{place}没有找到文字。",
        "colours": "颜色主要是{colours}。",
        "colours of": "中间突出的部分主要是{middle}，整个画面主要是{colours}。",
        "no colours": "我看不出颜色：图片不够清楚。",
        "also": "也可能是{things}。",
        "size": "图片大小是 {width} × {height} 像素。",
        "people": "我不识别人物，也不猜测身份、年龄或性别。",
        "count": "我无法可靠地数出图片里的东西。",
        "same": "我又仔细看了看，放大并加强了对比度：看到的内容没有变化。",
        "changed": "之前我说：{before}放大并加强对比度再看：{now}",
        "read more": "再看时，我还读到：{lines}。",
        "read less": "再看时，我不再读到：{lines}。",
        "or": "或者", "and": "和", "comma": "、", "between": "；",
    },
}  # fmt: skip
_PLACES = {
    "en": {
        "top": "at the top", "bottom": "at the bottom", "left": "on the left",
        "right": "on the right", "middle": "in the middle",
    },
    "zh": {
        "top": "顶部", "bottom": "底部", "left": "左边", "right": "右边", "middle": "中间",
    },
}  # fmt: skip
_ORDINALS = {
    "en": ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth"),
    "zh": ("第一", "第二", "第三", "第四", "第五", "第六", "第七", "第八"),
}


def narrated(language: str, key: str, **values: object) -> str:
    """Return a sentence in the language, or in English where there is no translation."""
    return _WORDS.get(language, _WORDS["en"])[key].format(**values)


def quoted(words: str) -> str:
    """Return somebody else's words as they stand in a sentence."""
    return f"“{words}”"


def place_in(language: str, place: str, *, opens: bool = False) -> str:
    """Return the words for a place in a picture; `opens` for the beginning of a sentence."""
    words = _PLACES.get(language, _PLACES["en"])[place]
    return words[0].upper() + words[1:] if opens else words


def colours_in(language: str, names: Sequence[str]) -> str:
    """Return colour terms in a row: `green, brown and grey`, `绿色、棕色和灰色`."""
    words = [f"{COLOURS[name]}色" for name in names] if language == "zh" else list(names)
    return in_a_row(language, words, "and")


def in_a_row(language: str, words: Sequence[str], last: str) -> str:
    """Join words with commas, the last one with `and` or `or`."""
    *before, final = words
    if not before:
        return final
    return narrated(language, "comma").join(before) + narrated(language, last) + final


def heading_of(language: str, place: int) -> str:
    """Return what a picture of several is called, counted from 0; beyond eight, the next one."""
    if place >= len(_ORDINALS["en"]):
        return "下一张图片：" if language == "zh" else "Next picture: "
    if language == "zh":
        return f"{_ORDINALS['zh'][place]}张图片："
    return f"{_ORDINALS['en'][place]} picture: "
