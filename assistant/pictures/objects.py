"""The objects that a painter is asked for in the benchmark, and which drawings show them.

Chosen by hand among the names that Fluent emoji and at least one of Noto emoji and openclipart
share, so that a judge can know them from several hands: animals, food, plants, vehicles and things
of a household, the kind that people ask for. Emoji of signs, people, faces and places were passed
over. 40 of them belong to the part "train" of `split_of`: a painter may have seen them. 8 each
belong to "dev" and "test": no painter has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from assistant.data_sets import Language
from assistant.pictures.assets import Asset
from assistant.pictures.names import head_of, without_colour

JUDGES_SOURCES = ("noto", "openclipart", "fluent-emoji")  # what is left: Fluent's flat style
# word; words of several; Chinese name; measure word; names of its drawings; usual colours, or `-`
# where a drawing has no prevailing colour that could be exchanged
_TABLE = """
apple;apples;苹果;个;apple;red green
banana;bananas;香蕉;根;banana,bananas;yellow
pear;pears;梨;个;pear;yellow green
strawberry;strawberries;草莓;颗;strawberry;red pink
watermelon;watermelons;西瓜;个;watermelon;red green
mushroom;mushrooms;蘑菇;个;mushroom;brown red pink
hamburger;hamburgers;汉堡;个;hamburger;orange yellow brown
croissant;croissants;羊角面包;个;croissant;orange yellow brown
cake;cakes;蛋糕;个;birthday cake,cake,cake and candle;-
ice cream;ice creams;冰淇淋;个;ice cream,soft ice cream;-
cat;cats;猫;只;cat;black grey orange brown blue
horse;horses;马;匹;horse;brown black white orange
pig;pigs;猪;头;pig;pink
elephant;elephants;大象;头;elephant;grey
fish;fish;鱼;条;fish,tropical fish;blue orange yellow
bird;birds;鸟;只;bird;blue black red pink
butterfly;butterflies;蝴蝶;只;butterfly;blue orange
turtle;turtles;乌龟;只;turtle;green
dolphin;dolphins;海豚;只;dolphin;blue grey
penguin;penguins;企鹅;只;penguin,emperor penguin;black white
duck;ducks;鸭子;只;duck,rubber duck;green yellow brown grey
rabbit;rabbits;兔子;只;rabbit;white grey brown
tree;trees;树;棵;tree,deciduous tree,evergreen tree,plain tree,fall tree;green
snowman;snowmen;雪人;个;snowman,snowman without snow;white
star;stars;星星;颗;star;yellow
heart;hearts;爱心;颗;heart;red orange yellow green blue purple pink brown grey black white
rose;roses;玫瑰;朵;rose;red pink
car;cars;汽车;辆;automobile,car,old car;-
bus;buses;公交车;辆;bus;-
bicycle;bicycles;自行车;辆;bicycle;-
airplane;airplanes;飞机;架;airplane,small airplane;white grey
train;trains;火车;列;train,high-speed train,kiddy train;-
house;houses;房子;座;house,small house,big house;brown
chair;chairs;椅子;把;chair;brown
book;books;书;本;book,closed book,old book,paperback book;blue green orange red pink
key;keys;钥匙;把;key,old key;yellow orange
guitar;guitars;吉他;把;guitar,acoustic guitar,electric guitar;brown red pink
teapot;teapots;茶壶;个;teapot;pink red
pencil;pencils;铅笔;支;pencil;orange yellow
cup;cups;杯子;个;cup,teacup,teacup without handle,hot beverage,mug,mug of tea;white
balloon;balloons;气球;个;balloon,balloons;red
egg;eggs;鸡蛋;个;egg;brown orange white
castle;castles;城堡;座;castle;grey
sailboat;sailboats;帆船;艘;sailboat;-
rooster;roosters;公鸡;只;rooster;brown white
trumpet;trumpets;小号;把;trumpet,herald trumpet;yellow
hat;hats;帽子;顶;hat,top hat,woman’s hat,slouch hat,winter hat;black brown
flower;flowers;花;朵;flower;white red
dog;dogs;狗;只;dog,dog on leash,bored dog;brown orange
bear;bears;熊;只;bear;brown
umbrella;umbrellas;雨伞;把;umbrella;purple blue
bucket;buckets;水桶;个;bucket;blue
cactus;cactuses;仙人掌;棵;cactus;green
alarm clock;alarm clocks;闹钟;个;alarm clock,clock,analog clock,modern clock;-
cloud;clouds;云;朵;cloud;white
printer;printers;打印机;台;printer;-
"""


@dataclass(frozen=True)
class Kind:
    """A kind of object, as it is asked for and as its drawings are called."""

    word: str
    plural: str
    chinese: str
    measure: str  # Chinese measure word
    drawings: frozenset[str]  # English names of its drawings, without colours
    colours: frozenset[str]  # that it has without being painted
    paintable: bool  # its drawings have a prevailing colour that can be exchanged

    @cached_property
    def as_asset(self) -> Asset:
        """What the rules about held-back assets are asked with."""
        names: Mapping[Language, str] = {"en": self.word, "zh": self.chinese}
        return Asset(f"object/{self.word}", names, {}, "", "", "")

    @property
    def head(self) -> str:
        """The stem by which the rules know it."""
        return head_of(self.word)


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the objects by their English word, in the order of the table."""
    rows = (line.split(";") for line in _TABLE.strip().splitlines())
    return {
        word: Kind(
            word, plural, chinese, measure, frozenset(names.split(",")),
            frozenset(colours.replace("-", "").split()), colours != "-",
        )
        for word, plural, chinese, measure, names, colours in rows
    }  # fmt: skip


@cache
def _by_drawing() -> Mapping[str, Kind]:
    return {name: kind for kind in kinds().values() for name in kind.drawings}


def kind_of(asset: Asset) -> Kind | None:
    """Return which of the objects a drawing shows; None for anything else."""
    return _by_drawing().get(without_colour(asset.names).get("en", ""))


def is_judges(asset: Asset) -> bool:
    """Tell whether the judge learns from a drawing, so that no painter may.

    The judge learns the objects from Noto, openclipart and Fluent's solid style; painters and the
    composer have Fluent's flat style. No drawing is shared, but the two styles of Fluent are of one
    design: without either of them the judge names hardly more than half of Fluent's drawings right.
    """
    return asset.source in JUDGES_SOURCES and kind_of(asset) is not None
