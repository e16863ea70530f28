"""The words of scenes, in Korean and in English: each class has one or more, the usual one first.

Every word stands for one class only, so that captions can be read back.
"""

from typing import Literal

Language = Literal["ko", "en"]

# Korean nouns by class, the counter they take (세 마리), English nouns with their plurals.
SUBJECTS: dict[str, tuple[list[str], str, list[tuple[str, str]]]] = {
    "dog": (["개", "강아지"], "마리", [("dog", "dogs"), ("puppy", "puppies")]),
    "cat": (["고양이"], "마리", [("cat", "cats")]),
    "rabbit": (["토끼"], "마리", [("rabbit", "rabbits"), ("bunny", "bunnies")]),
    "bird": (["새"], "마리", [("bird", "birds")]),
    "fish": (["물고기"], "마리", [("fish", "fish")]),
    "butterfly": (["나비"], "마리", [("butterfly", "butterflies")]),
    "child": (["아이", "어린이"], "명", [("child", "children"), ("kid", "kids")]),
    "king": (["왕", "임금"], "명", [("king", "kings")]),
    "tree": (["나무"], "그루", [("tree", "trees")]),
    "flower": (["꽃"], "송이", [("flower", "flowers")]),
    "house": (["집"], "채", [("house", "houses")]),
    "pagoda": (["탑"], "기", [("pagoda", "pagodas")]),
    "car": (["자동차"], "대", [("car", "cars")]),
    "umbrella": (["우산"], "개", [("umbrella", "umbrellas")]),
    "apple": (["사과"], "개", [("apple", "apples")]),
    "balloon": (["풍선"], "개", [("balloon", "balloons")]),
    "boat": (["배", "돛단배"], "척", [("boat", "boats"), ("sailboat", "sailboats")]),
    "robot": (["로봇"], "대", [("robot", "robots")]),
    "rocket": (["로켓"], "대", [("rocket", "rockets")]),
    "ufo": (["비행접시"], "대", [("flying saucer", "flying saucers"), ("UFO", "UFOs")]),
}
COLOURS: dict[str, dict[Language, list[str]]] = {
    "red": {"ko": ["빨간", "빨간색", "붉은"], "en": ["red"]},
    "orange": {"ko": ["주황색", "주황"], "en": ["orange"]},
    "yellow": {"ko": ["노란", "노란색"], "en": ["yellow"]},
    "green": {"ko": ["초록색", "초록", "녹색"], "en": ["green"]},
    "sky": {"ko": ["하늘색", "연한 파란색"], "en": ["sky-blue", "light blue"]},
    "blue": {"ko": ["파란", "파란색"], "en": ["blue"]},
    "purple": {"ko": ["보라색", "보랏빛"], "en": ["purple", "violet"]},
    "pink": {"ko": ["분홍색", "분홍"], "en": ["pink"]},
    "brown": {"ko": ["갈색", "밤색"], "en": ["brown"]},
    "black": {"ko": ["검은", "검은색", "까만"], "en": ["black"]},
    "white": {"ko": ["하얀", "흰", "흰색"], "en": ["white"]},
    "grey": {"ko": ["회색", "잿빛"], "en": ["grey", "gray"]},
}
NUMBERS: dict[str, dict[Language, str]] = {
    "one": {"ko": "한", "en": "one"},
    "two": {"ko": "두", "en": "two"},
    "three": {"ko": "세", "en": "three"},
    "four": {"ko": "네", "en": "four"},
}
RELATIONS: dict[str, dict[Language, list[str]]] = {
    "left": {"ko": ["왼쪽", "왼편"], "en": ["to the left of", "left of"]},
    "right": {"ko": ["오른쪽", "오른편"], "en": ["to the right of", "right of"]},
    "above": {"ko": ["위", "위쪽"], "en": ["above", "over"]},
    "below": {"ko": ["아래", "아래쪽"], "en": ["below", "under"]},
}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}
SMALL: dict[Language, list[str]] = {"ko": ["작은", "조그만"], "en": ["small", "little"]}
LARGE: dict[Language, list[str]] = {"ko": ["큰", "커다란"], "en": ["big", "large"]}
# Korean place nouns; English phrases. "none" is a plain background, which is usually not said.
SETTINGS: dict[str, dict[Language, list[str]]] = {
    "space": {"ko": ["우주"], "en": ["in space", "in outer space"]},
    "sea": {"ko": ["바다"], "en": ["at sea", "in the sea"]},
    "forest": {"ko": ["숲", "숲속"], "en": ["in the forest", "in a forest"]},
    "city": {"ko": ["도시"], "en": ["in the city", "in a city"]},
    "desert": {"ko": ["사막"], "en": ["in the desert", "in a desert"]},
    "snow": {"ko": ["눈밭", "설원"], "en": ["in the snow", "in a snowy field"]},
    "mountain": {"ko": ["산", "산속"], "en": ["in the mountains", "among mountains"]},
    "meadow": {"ko": ["들판", "풀밭"], "en": ["in the meadow", "in a meadow"]},
    "none": {"ko": ["빈 배경", "단색 배경"], "en": ["on a plain background"]},
}
STYLES: dict[str, dict[Language, list[str]]] = {
    "illustration": {"ko": ["일러스트"], "en": ["flat illustration"]},
    "ink": {"ko": ["수묵화", "수묵"], "en": ["ink wash painting"]},
    "dancheong": {"ko": ["단청"], "en": ["dancheong"]},
    "minhwa": {"ko": ["민화"], "en": ["minhwa", "Korean folk painting"]},
    "patchwork": {"ko": ["조각보"], "en": ["jogakbo", "patchwork"]},
    "celadon": {"ko": ["상감 청자", "청자"], "en": ["celadon"]},
    "nacre": {"ko": ["자개", "나전칠기"], "en": ["mother-of-pearl", "nacre lacquer"]},
    "oil": {"ko": ["유화"], "en": ["oil painting"]},
    "watercolour": {"ko": ["수채화"], "en": ["watercolour", "watercolor"]},
    "crayon": {"ko": ["크레용화", "크레용"], "en": ["crayon drawing", "crayon"]},
    "pencil": {"ko": ["연필화", "연필 스케치"], "en": ["pencil sketch", "pencil drawing"]},
    "pixel": {"ko": ["픽셀 아트", "도트"], "en": ["pixel art"]},
    "mosaic": {"ko": ["모자이크"], "en": ["mosaic"]},
    "glass": {"ko": ["스테인드글라스"], "en": ["stained glass"]},
    "pop": {"ko": ["팝 아트", "팝아트"], "en": ["pop art"]},
    "points": {"ko": ["점묘화", "점묘"], "en": ["pointillism", "pointillist"]},
    "cubism": {"ko": ["입체파"], "en": ["cubism", "cubist"]},
    "woodblock": {"ko": ["목판화"], "en": ["woodblock print", "woodcut"]},
    "neon": {"ko": ["네온사인", "네온"], "en": ["neon", "neon sign"]},
    "papercut": {"ko": ["종이 오리기", "색종이"], "en": ["paper cut-out", "papercut"]},
}
