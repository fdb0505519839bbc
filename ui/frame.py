"""The page around the conversation as HTML: header, list of threads, welcome, message box."""

from collections.abc import Sequence

from assistant.session import ThreadSummary
from assistant.weights import size_text
from assistant.weights_fetch import FetchProgress
from ui.markup import fill
from ui.ready import News, Readiness
from ui.words import Words

EXAMPLES = ("all", "zh", "plain")
_SCRIPT_WORDS = (
    "box.recording", "box.recorded", "box.record", "box.record_stop", "box.added", "box.uploading",
    "box.remove", "box.removed", "box.no_microphone", "box.upload_failed", "box.empty", "box.busy",
)  # fmt: skip


def render_top(readiness: Readiness, words: Words) -> str:
    """Show the name, whether the models are ready, and the switch for speech."""
    return fill(
        "top.html", words=words, state=readiness.state, news=describe_readiness(readiness, words)
    )


def describe_readiness(readiness: Readiness, words: Words) -> str:
    """Say whether the models are ready, or what is being fetched or loaded."""
    if readiness.state == "ready":
        return words("ready.ready")
    news = describe_news(readiness.news, words)
    if readiness.state == "failed":
        return words("ready.failed", news=news)
    return news or words("ready.starting")


def describe_news(news: News, words: Words) -> str:
    """Say what is being fetched or loaded, with size, rate and time left where they are known."""
    if isinstance(news, str):
        return words.either(f"ready.stage.{news}", news)
    if not news.total_bytes:
        return news.detail
    sizes = words(
        "ready.fetch",
        detail=news.detail,
        done=size_text(news.done_bytes),
        total=size_text(news.total_bytes),
    )
    if news.left_s is None:
        return sizes
    return sizes + words("ready.rate", rate=size_text(news.bytes_per_s), left=_left(news, words))


def _left(news: FetchProgress, words: Words) -> str:
    seconds = news.left_s or 0.0
    if seconds < 90:
        return words("ready.seconds", seconds=round(seconds))
    return words("ready.minutes", minutes=round(seconds / 60))


def render_threads(
    threads: Sequence[ThreadSummary], current: str | None, words: Words, error: str = ""
) -> str:
    """List earlier conversations; the current one is marked."""
    return fill("threads.html", words=words, threads=threads, current=current, error=error)


def render_welcome(words: Words, local: bool) -> str:
    """Say what the page is for, whether all stays here, and offer examples that send themselves."""
    return fill("welcome.html", words=words, local=local, examples=EXAMPLES)


def render_box(words: Words, names: Sequence[str] = (), chosen: str = "") -> str:
    """Return the message box; its script owns what is typed and added.

    Where there are several knowledge bases, one is chosen by its name.
    """
    return fill("box.html", words=words, names=names, chosen=chosen)


def script_words(words: Words) -> dict[str, str]:
    """Return the words that the page's script says by itself; `{name}` is filled there."""
    return {key: words.raw(key) for key in _SCRIPT_WORDS}
