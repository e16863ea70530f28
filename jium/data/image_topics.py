"""What pictures are about and in which style, told by the words of captions and classes.

Six topics: people, landscape and city, art styles, objects, animals, science fiction. A picture may
have several, or none that these words tell: then it is counted as "other". This tells what is said
of pictures, not what is in them.
"""

import re
from collections.abc import Iterable

# fmt: off
TOPICS: dict[str, str] = {
    "people": """
        person people man men woman women boy girl child children baby king queen prince princess
        face portrait self-portrait lady gentleman hand family wedding actor dancer player worker
        doctor teacher farmer soldier mother father student crowd bride couple
        사람 인물 남자 여자 소년 소녀 아이 어린이 아기 왕 왕비 왕자 공주 얼굴 초상 자화상 부인
        신사 가족
        결혼 배우 무용수 선수 의사 교사 선생님 농부 군인 어머니 아버지 학생 신부 연인 할머니
        할아버지""",
    "landscape and city": """
        landscape mountain river sea ocean beach lake forest tree flower garden field meadow
        desert
        snow sky sunset sunrise night city town village street road bridge house building tower
        temple palace church pagoda harbor harbour coast island valley rain cloud winter autumn
        풍경 산 강 바다 해변 호수 숲 나무 꽃 정원 들판 초원 사막 눈밭 하늘 노을 일출 밤 도시
        마을 거리 길
        다리 집 건물 탑 절 궁궐 궁전 교회 한옥 항구 해안 섬 골짜기 비 구름 겨울 가을 설경 산수""",
    "art styles": """
        painting drawing watercolor watercolour sketch illustration cartoon comic pixel mosaic
        print woodblock calligraphy sculpture ink dancheong minhwa celadon cubism
        impressionism ukiyo-e graffiti collage papercut crayon pencil oil-painting neon
        stained-glass patchwork style art miniature
        그림 회화 소묘 수채화 유화 스케치 삽화 만화 픽셀 모자이크 판화 목판화 서예 조각 수묵
        수묵화 단청
        민화 청자 자개 입체파 인상파 콜라주 종이 크레용 연필 네온 조각보 화풍 스타일 느낌
        팝아트""",
    "objects": """
        object car automobile truck bus train bicycle boat ship airplane plane umbrella
        balloon ball
        book chair table lamp clock phone computer camera guitar piano cup bottle bowl vase
        bag shoe
        hat dress shirt food bread rice cake fruit apple banana pizza coffee tea knife key
        물건 자동차 차 트럭 버스 기차 자전거 배 비행기 우산 풍선 공 책 의자 책상 탁자 등잔
        시계 전화 컴퓨터
        카메라 기타 피아노 컵 잔 병 그릇 꽃병 가방 신발 모자 옷 음식 빵 밥 케이크 과일 사과
        바나나 커피""",
    "animals": """
        animal dog puppy cat kitten rabbit bird fish butterfly horse deer frog cow pig sheep goat
        tiger lion bear monkey elephant fox wolf mouse snake turtle chicken duck owl eagle crane
        insect bee whale dolphin shark penguin animals-nature
        동물 개 강아지 고양이 토끼 새 물고기 나비 말 사슴 개구리 소 돼지 양 염소 호랑이 사자
        곰 원숭이
        코끼리 여우 늑대 쥐 뱀 거북 닭 오리 부엉이 독수리 학 두루미 곤충 벌 고래 상어 펭귄
        까치""",
    "science fiction": """
        robot spaceship rocket ufo alien space planet astronaut cyborg cyberpunk futuristic galaxy
        starship laser android satellite spacecraft moonbase sci-fi
        로봇 우주선 로켓 외계인 우주 행성 우주비행사 사이보그 사이버펑크 은하 인공위성
        유에프오""",
}
STYLES: dict[str, str] = {
    "ink painting (수묵)": "ink ink-painting sumi-e 수묵 수묵화 먹",
    "dancheong (단청)": "dancheong 단청",
    "folk painting (민화)": "minhwa folk-painting 민화",
    "celadon (청자)": "celadon 청자 청자색",
    "mother-of-pearl (자개)": "nacre mother-of-pearl 자개 나전",
    "patchwork (조각보)": "patchwork jogakbo 조각보",
    "photograph": "photo photograph photography photorealistic 사진 실사",
    "oil painting": "oil oil-painting 유화",
    "watercolour": "watercolor watercolour 수채화 수채",
    "pencil or crayon": "pencil crayon charcoal sketch 연필 크레용 목탄 소묘 스케치",
    "pixel art": "pixel pixel-art 8-bit 픽셀 도트",
    "mosaic or stained glass": "mosaic stained-glass 모자이크 스테인드글라스 유리",
    "woodblock print": "woodblock woodcut ukiyo-e print 판화 목판화 우키요에",
    "comic or cartoon": "comic cartoon anime manga 만화 애니메이션 카툰",
    "pop art": "pop-art pop 팝아트 팝",
    "cubism": "cubism cubist 입체파 큐비즘",
    "impressionism": "impressionism impressionist pointillism pointillist 인상파 점묘",
    "papercut": "papercut paper-cut collage 종이 콜라주",
    "neon": "neon 네온",
    "illustration": "illustration illustrated flat-design 일러스트 삽화",
    "3D rendering": "render rendering 3d cgi 렌더링",
}
# fmt: on
PARTICLES = "은|는|이|가|을|를|의|와|과|도|만|에|에서|로|으로|들|들이"


def found_in(texts: Iterable[str], words: dict[str, re.Pattern[str]]) -> list[str]:
    """The names of whatever one of the texts speaks of."""
    whole = "\n".join(texts).lower()
    return [name for name, pattern in words.items() if pattern.search(whole)]


def _pattern(words: str) -> re.Pattern[str]:
    """Any of the words: an English one also in the plural, a Korean one with its particle."""
    english = [re.escape(w).replace(r"\-", "[- ]") for w in words.split() if w.isascii()]
    korean = [word for word in words.split() if not word.isascii()]
    long = [word for word in korean if len(word) > 1]
    short = [word for word in korean if len(word) == 1]
    branches = [rf"(?<![a-z0-9])(?:{'|'.join(english)})(?:e?s)?(?![a-z0-9])"]
    if long:
        branches.append("|".join(long))
    if short:
        branches.append(rf"(?<![가-힣])(?:{'|'.join(short)})(?:{PARTICLES})?(?![가-힣])")
    return re.compile("|".join(branches))


TOPIC_WORDS = {name: _pattern(words) for name, words in TOPICS.items()}
STYLE_WORDS = {name: _pattern(words) for name, words in STYLES.items()}
