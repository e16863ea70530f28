"""Text out of HTML, by selectolax; `x<y`, <기생충> and `i <3 you` only look like it and stay."""

import re

from jium.errors import require

_BLOCKS = (
    "address article aside blockquote body br caption center dd details dialog div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li "
    "main nav ol optgroup option p pre section summary table tbody td tfoot th thead title tr "
    "ul"
)
_INLINE = (
    "a abbr acronym area audio b base bdi bdo big button canvas cite code col colgroup data "
    "datalist del dfn em embed font i iframe img input ins kbd label link map mark meta meter "
    "noscript object output param picture progress q rp rt ruby s samp script select slot small "
    "source span strike strong style sub sup svg template textarea time track tt u var video "
    "wbr"
)
_NAMES = "|".join(sorted(f"{_BLOCKS} {_INLINE}".split(), key=len, reverse=True))
_END = r"(?=[\s/>])[^<>]*>"
_TAG = re.compile(rf"</?(?:{_NAMES}){_END}|<!--.*?-->|<!doctype[^<>]*>", re.IGNORECASE | re.DOTALL)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS.replace(' ', '|')}){_END}", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_TAG_OR_SIGN = re.compile(f"{_TAG.pattern}|<", re.IGNORECASE | re.DOTALL)


def strip_html(text: str) -> str:
    """The text that a browser would show; a block element begins a new line.

    Only elements that HTML has count as tags. Text without a tag or an entity is returned as it is.
    """
    if not _TAG.search(text) and not _ENTITY.search(text):
        return text
    parser = require("selectolax.lexbor", "data").LexborHTMLParser
    tags_only = _TAG_OR_SIGN.sub(lambda found: "&lt;" if found[0] == "<" else found[0], text)
    tree = parser("<body>" + _BLOCK_TAG.sub(lambda tag: "\n" + tag[0], tags_only))
    tree.strip_tags(["script", "style", "template", "svg", "noscript"])
    return tree.body.text() if tree.body else ""
