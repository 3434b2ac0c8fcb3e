"""The phrases by which frameworks and libraries refuse, each with what it means.

They are tried in this order, the more telling first: "must be at least 3 characters" is of a
length, and only then "must be at least 3" of a number. The texts come from the service, so they
are cut before, and no expression goes far back over what it has read.
"""

from __future__ import annotations

import re
from functools import cache

from seamproof.analysis.refusals.complaint import ComplaintKind

K = ComplaintKind

TYPES = {
    "str": "string",
    "string": "string",
    "text": "string",
    "char": "string",
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "bigint": "integer",
    "whole": "integer",
    "number": "number",
    "numeric": "number",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "iterable": "array",
    "sequence": "array",
    "tuple": "array",
    "set": "array",
    "arraylist": "array",
    "dict": "object",
    "dictionary": "object",
    "object": "object",
    "mapping": "object",
    "map": "object",
    "hash": "object",
    "null": "null",
}
FORMATS = {
    "uuid": "uuid",
    "guid": "uuid",
    "email": "email",
    "e-mail": "email",
    "url": "uri",
    "uri": "uri",
    "link": "uri",
    "datetime": "date-time",
    "date-time": "date-time",
    "timestamp": "date-time",
    "date/time": "date-time",
    "date": "date",
    "time": "time",
    "duration": "duration",
    "hostname": "hostname",
    "domain": "hostname",
    "ip": "ipv4",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "base64": "byte",
    "json": "json",
    "phone": "phone",
    "slug": "slug",
    "color": "color",
    "timezone": "timezone",
    "currency": "currency",
    "country": "country",
    "decimal": "decimal",
    "objectid": "objectid",
    "iso": "date-time",
    "iso8601": "date-time",
    "rfc3339": "date-time",
}

_TYPE = "|".join(sorted(TYPES, key=len, reverse=True))
_FORMAT = "|".join(re.escape(each) for each in sorted(FORMATS, key=len, reverse=True))
_Q = "['\"`‘’“”]"
NAME = rf"{_Q}?/?(?P<name>[\w$][\w$.\-\[\]/]*){_Q}?"
QUOTED = rf"{_Q}/?(?P<name>[\w$][\w$.\-\[\]/]*){_Q}"
_NUMBER = r"(?P<number>-?\d+(?:\.\d+)?)"
_LETTERS = r"(?:characters?|chars?|letters?|symbols?|items?|elements?|entries|values?|digits?|long)"
_LIST = r"(?P<list>.+)"
_COLON = r"[\s:=]{0,4}"


def _phrases(kind: ComplaintKind, *patterns: str) -> list[tuple[ComplaintKind, str]]:
    return [(kind, pattern) for pattern in patterns]


@cache
def phrases() -> tuple[tuple[ComplaintKind, re.Pattern[str]], ...]:
    """What means what, in order. Compiled when the first refusal is read: that takes longer than
    many a command."""
    flags = re.IGNORECASE | re.DOTALL
    return tuple((kind, re.compile(pattern, flags)) for kind, pattern in _PHRASES)


_PHRASES: list[tuple[ComplaintKind, str]] = [
    # What other phrases below would take for something else.
    *_phrases(
        K.FORMAT,
        rf"\b(?P<format>{_FORMAT}) has wrong format\b",
        rf"\bcast to (?P<format>{_FORMAT}) failed\b",
    ),
    *_phrases(K.TYPE, rf"\bcast to (?:embedded )?(?P<type>{_TYPE}) failed\b"),
    *_phrases(K.MISSING, r"\bnot allowed to be empty\b|\bnull values? not allowed\b"),
    *_phrases(
        K.PATTERN,
        r"\bmatch(?:es|ing)?\b.{0,40}?/(?P<pattern>[^/]+)/",
        r"\b(?:does not|doesn't|must|should|fails to) match ['\"](?P<pattern>[^'\"]+)['\"]",
        r"\bmatch(?:es|ing)?(?: the)? (?:pattern|regular expression|regexp?)\W{1,3}"
        r"(?P<pattern>[^\"'`]+)",
        r"\b(?:does not|must|should|didn't|doesn't|fails to) match\b.{0,40}\b(?:pattern|expression"
        r"|regexp?)\b",
    ),
    *_phrases(
        K.TOO_LARGE,
        rf"\bnot be (?:greater|more|larger|higher|bigger) than {_NUMBER}(?!\d| {_LETTERS})",
        rf"\btoo (?:big|large): expected (?:number|int|bigint|float)\b.{{0,12}}"
        rf"<(?P<inclusive>=)?{_NUMBER}",
    ),
    *_phrases(
        K.TOO_SMALL,
        rf"\btoo small: expected (?:number|int|bigint|float)\b.{{0,12}}"
        rf">(?P<inclusive>=)?{_NUMBER}",
    ),
    *_phrases(
        K.NOT_UNIQUE,
        rf"\bwith (?:this|that|the same|given) {NAME} already (?:exists?|registered)",
        r"\balready (?:exists?|taken|in use|used|registered|been (?:taken|used)"
        r"|subscribed|added)\b",
        rf"\bfields? {NAME}(?:, \w+)* must make a unique set\b",
        r"\bmust (?:be|make a) unique\b|\bis not unique\b",
        r"\bduplicate(?:d)? (?:key|entry|value|name|field)\b|\bhas duplicate\b",
        r"\bis (?:taken|not available)\b|\bE11000\b",
    ),
    *_phrases(
        K.UNAUTHENTICATED,
        r"\bnot authenticated\b|\bauthentication (?:credentials|required|failed|is required)",
        r"\b(?:please )?(?:log|sign)[ -]?in\b.{0,30}(?:required|first|to continue)"
        r"|\blogin required",
        r"\b(?:invalid|missing|expired|no|bad) (?:access |auth(?:orization|entication)? |bearer "
        r"|api |jwt )?(?:token|credentials|session|api[- ]?key)\b",
        r"\bunauthenticated\b|\bcould not validate credentials\b|\bauthorization header\b",
        r"\b(?:incorrect|wrong|invalid) (?:username|email|login|user)\b.{0,15}\bpassword\b",
    ),
    *_phrases(
        K.MEDIA_TYPE,
        r"\bunsupported (?:media|content)[- ]?type\b|\bcontent[- ]?type\b.{0,60}"
        r"\b(?:must|should|expected|supported|invalid|not allowed|not acceptable|one of|missing)\b",
        r"\b(?:expected|requires?) content[- ]?type\b",
    ),
    *_phrases(
        K.CHOICE,
        rf"\bmust be (?:equal to )?(?:one|any|either) of(?: the)?(?: (?:following|allowed|permitted"
        rf"|valid|accepted))?+(?: (?:values?+|options?+|choices?+|types?+)\b)?+{_COLON}{_LIST}",
        r"\bmust (?:be equal to|match) (?:one of|any of)(?: the)? allowed values\b",
        rf"\b(?:is|was|are) not (?:one|any) of(?: the)?(?: \w+){{0,3}}?{_COLON}"
        rf"(?:values accepted for enum class: )?{_LIST}",
        rf"\bnot one of the values accepted for enum class: {_LIST}",
        rf"\bunexpected value; permitted: {_LIST}",
        rf"\binvalid enum(?:eration)? value\b.{{0,10}}\bexpected {_LIST}",
        rf"\binvalid (?:option|value|choice)\W{{1,4}}expected (?:one of )?{_LIST}",
        r"\binvalid input: expected (?P<list>['\"`].+)",
        r"\b(?:should|must|has to) be (?P<list>['\"`]\w.*['\"`])",
        rf"\b(?:valid|allowed|permitted|possible|available|supported|accepted|acceptable|legal)"
        rf" (?:\w+ )?(?:values?|options?|choices?|types?|ones)(?: for \S+)?(?: are| is)? ?"
        rf"(?::|=|are|is){_COLON}{_LIST}",
        rf"\b(?:choose|select|pick|expected|use) (?:from|one of|any of|between){_COLON}{_LIST}",
        r"\bunallowed value\b|\bnot a valid choice\b|\bselect a valid choice\b",
        r"\bnot a valid enum|\bunknown variant\b",
        r"\b(?:is|was) not included in the list\b|\bnot (?:in|among) the (?:list|allowed|set)\b",
        r"\bselected \w+ is invalid\b|\bfailed on the 'oneof' tag",
    ),
    *_phrases(
        K.UNEXPECTED,
        rf"\badditional propert(?:y|ies)\b(?:[^'\"`]{{0,60}}{QUOTED})?",
        rf"\bunrecogni[sz]ed (?:keys?|field|property|parameter|arguments?|request argument)"
        rf"(?:\(s\))?(?: in \w+)?\W{{0,4}}{NAME}",
        rf"\b(?:unknown|unexpected|unsupported|extra|undeclared|extraneous) (?:field|property|key"
        rf"|parameter|query parameter|argument|attribute|column|input)(?:s|\(s\))?\b(?:\W{{0,4}}"
        rf"{QUOTED})?",
        rf"\bunspecified keys?: {NAME}",
        rf"\b(?:property|field|parameter|key|attribute) {NAME} should not exist",
        r"\bextra (?:fields|inputs) (?:are )?not permitted\b|\bunevaluated propert",
        rf"\b(?:property|field|parameter|key|attribute|column) {NAME} (?:is|are) not (?:allowed"
        rf"|permitted|supported|known)",
        rf"^{QUOTED} is not (?:allowed|permitted|a known|a valid (?:field|parameter))",
        rf"^{NAME} is not a (?:known|valid|recognized) (?:field|parameter|property|attribute)",
        rf"\bcolumn {QUOTED} does not exist\b",
        r"\bunknown field\b|\bread[- ]only\b|\bmust not be (?:set|present|provided|specified)\b",
    ),
    *_phrases(
        K.PATTERN,
        r"\b(?:contain|include|have) (?:at least )?(?:one|an?|\d+)\b.{0,30}"
        r"\b(?:upper|lower)-?case\b",
        r"\b(?:contain|include|have) (?:at least )?(?:one|an?|\d+) (?:\w+ )?(?:letter|digit|number"
        r"|symbol|(?:special|non-alphanumeric) character)s?\b",
    ),
    *_phrases(
        K.MISSING,
        rf"\bat least one of(?: the| these)?(?: following)?(?: fields| properties)?"
        rf"[\s:\[]{{0,3}}{NAME}",
    ),
    *_phrases(
        K.TOO_SHORT,
        rf"\bat least {_NUMBER} {_LETTERS}",
        rf"\b(?:fewer|shorter|less) than (?:the )?(?:minimum )?(?:length )?(?:of )?{_NUMBER}"
        rf" {_LETTERS}",
        rf"\b(?:length|size)\b.{{0,40}}?\b(?:at least|minimum|>=|greater than or equal to|min)"
        rf"\W{{0,3}}(?:is |of )?{_NUMBER}",
        rf"\bshorter than (?:the )?(?:minimum )?(?:allowed )?length (?:of )?\(?{_NUMBER}",
        rf"\bhave >=? ?{_NUMBER} {_LETTERS}",
        r"\bshould be non-empty\b",
        rf"\btoo (?:short|few)\b.{{0,40}}?{_NUMBER}",
        rf"\bmin(?:imum)? ?length\b.{{0,20}}?{_NUMBER}",
        rf"\b(?:length|size|long)\b.{{0,20}}?\bbetween {_NUMBER} and (?P<high>\d+)",
        rf"\blonger than (?:or equal to )?{_NUMBER} {_LETTERS}",
        rf"\bminimum (?:of )?{_NUMBER} {_LETTERS}",
        r"\btoo (?:short|few)\b|\bat least one\b|\bmay not be empty\b|\blist is empty\b",
    ),
    *_phrases(
        K.TOO_LONG,
        rf"\b(?:at most|no more than|up to|not? (?:longer|more) than|more than|longer than)"
        rf" (?:the )?(?:maximum )?(?:length )?(?:of )?{_NUMBER} {_LETTERS}",
        rf"\b(?:length|size)\b.{{0,40}}?\b(?:at most|maximum|<=|less than or equal to|max|no more"
        rf" than)\W{{0,3}}(?:is |of )?{_NUMBER}",
        rf"\blonger than (?:the )?(?:maximum )?(?:allowed )?length (?:of )?\(?{_NUMBER}",
        rf"\bhave <=? ?{_NUMBER} {_LETTERS}",
        rf"\btoo (?:long|many|big a list)\b.{{0,40}}?{_NUMBER}",
        rf"\bmax(?:imum)? ?length\b.{{0,20}}?{_NUMBER}",
        rf"\bshorter than (?:or equal to )?{_NUMBER} {_LETTERS}",
        rf"\bmaximum (?:of )?{_NUMBER} {_LETTERS}",
        rf"\bvalue too long for type \w[\w ]*\({_NUMBER}\)",
        r"\btoo (?:long|many (?:items|characters|elements))\b",
    ),
    *_phrases(
        K.TYPE,
        rf"\b(?:an?|one) valid (?P<type>{_TYPE}) is required\b",
    ),
    *_phrases(
        K.FORMAT,
        rf"\b(?:an?|one) valid (?P<format>{_FORMAT})(?: address)? is required\b",
        r"\b(?P<format>json) (?:parse|syntax|decode) error",
        r"\b(?:invalid|malformed|bad) (?P<format>json)\b",
        r"\bunexpected token\b|\bexpecting value\b|\bin json\b",
        r"\b(?P<format>decimal) places\b",
    ),
    *_phrases(
        K.MISSING,
        rf"\b(?:have|has|requires?) (?:a |the )?required (?:property|field|parameter|key) {NAME}",
        rf"\bmissing (?:the |a )?(?:required |mandatory )*(?:\w+ )?(?:field|property|parameter|key"
        rf"|argument|attribute|value|header|column)s?\b(?: for)?\W{{0,3}}{QUOTED}",
        rf"\bmissing (?:the |a )?(?:required |mandatory )*(?:\w+ )?(?:field|property|parameter|key"
        rf"|argument|attribute|header)s?\s*:\s*{NAME}",
        rf"\brequired (?:\w+ )?(?:parameter|header|part|property|field|cookie|key|argument)"
        rf" {QUOTED}",
        rf"\b(?:field|property|parameter|key|attribute|path|argument|header) {NAME}"
        rf" (?:is|are) (?:required|missing|mandatory)",
        rf"\b{NAME} property is required",
        rf"\bfield validation for {NAME} failed on the 'required",
        rf"^(?:the )?{NAME} (?:field |property |parameter |attribute )?(?:is|are) (?:a )?"
        rf"(?:required|missing|mandatory|undefined|empty|blank)(?: property| field)?\b",
        rf"^(?:the )?{NAME} (?:field |property |parameter )?(?:should|must|may|can"
        rf"|could)(?: not|not"
        rf"|n't) be (?:empty|null|blank|nil|none|undefined|missing)",
        rf"^(?:the )?{NAME} (?:field |property |parameter )?(?:must|should|has to) be (?:present"
        rf"|provided|specified|set|given|included|defined|supplied)",
        rf"\b(?:please|must|should|need to) (?:provide|specify|enter|supply|give|include|send|pass)"
        rf" (?:an?|the|your|some|valid)? ?{NAME}",
        r"\b(?:field|value|is|data|parameter|property) required\b|\brequired\b(?! to be\b)",
        r"\bmissing\b|\bcan(?:'t|not| not) be (?:blank|empty|null|nil)\b",
        r"\bempty values? not allowed\b",
        r"\b(?:may|must|should|can) not be (?:blank|empty|null|nil|none)\b|\bshouldn't be empty\b",
        r"\bno (?:\w+ )?(?:was |were )?(?:provided|submitted|given|specified|supplied"
        r"|in (?:the )?request)\b",
        r"\b(?:not|none) provided\b|\bundefined\b|\bmust be present\b|\bmust exist in\b",
    ),
    *_phrases(
        K.TYPE,
        rf"\bexpected (?:an? )?(?:valid )?(?:type )?(?:value of type )?{_Q}?(?P<type>{_TYPE})\b",
        rf"\b(?:must|should|has to|needs to) be (?:an? |of )?(?:the )?(?:type |valid )?{_Q}?"
        rf"(?P<type>{_TYPE})\b",
        rf"\b(?:is |was )?not (?:an? "
        rf"|of )(?:the )?(?:valid )?(?:type )?\W{{0,2}}(?P<type>{_TYPE})\b",
        rf"\b(?:input should be|value is not) (?:an? )?(?:valid )?(?P<type>{_TYPE})\b",
        rf"\b(?P<type>{_TYPE}) (?:type )?(?:is )?(?:expected|required)\b",
        rf"\b(?:invalid|bad|not valid) (?:input syntax for (?:type )?)?(?P<type>{_TYPE})\b",
        rf"\bcannot (?:deserialize|convert|parse|unmarshal|cast)\b.{{0,80}}?\b(?P<type>{_TYPE})\b",
        rf"\bfailed to (?:parse|convert|deserialize)\b.{{0,80}}?\b(?P<type>{_TYPE})\b",
        r"\binvalid (?:input )?type\b|\bwrong type\b|\bincorrect type\b",
    ),
    *_phrases(
        K.PATTERN,
        r"\bmay only contain\b|\bcan only contain\b|\bmust only contain\b|\bonly (?:letters"
        r"|alphanumeric)\b|\burl[- ]friendly\b|\binvalid characters?\b",
    ),
    *_phrases(
        K.FORMAT,
        r"\bmatch(?:es)? (?:the )?format\W{1,3}(?P<format>[\w-]+)",
        rf"\b(?:valid|well[- ]formed|correct|proper|legal) (?:an? )?(?:\w+ )?{_Q}?"
        rf"(?P<format>{_FORMAT})\b",
        r"\bwas not a (?P<format>file)\b",
        rf"\b(?:must|should) be (?:an? |in )?(?:\w+ )?{_Q}?(?P<format>{_FORMAT})\b",
        rf"\b(?:invalid|malformed|bad|badly formed|incorrect|illegal)\b.{{0,40}}?\b"
        rf"(?P<format>{_FORMAT})\b",
        rf"\b(?P<format>{_FORMAT})\b.{{0,30}}\b(?:wrong format|invalid format|is invalid"
        rf"|not valid|is not valid|malformed)\b",
        rf"\bis not an? (?:valid )?{_Q}?(?P<format>{_FORMAT})\b",
        rf"\bfailed on the '(?P<format>{_FORMAT})' tag",
    ),
    *_phrases(
        K.TOO_SMALL,
        rf"\b(?:greater|larger|more|bigger|higher) than(?P<inclusive> or equal(?: to)?)? {_NUMBER}",
        rf"\b(?:at least|minimum(?: value)?(?: is| of)?|not (?:be )?less than|min) {_NUMBER}",
        rf">(?P<inclusive>=)? ?{_NUMBER}",
        rf"\bless than (?:the )?minimum (?:allowed )?(?:value )?(?:of )?\(?{_NUMBER}",
        rf"\bmin(?:imum)? value (?:is )?{_NUMBER}",
        r"\bgreater than ['\"]?now\b",
        r"\b(?:is|be) (?:less|smaller|lower) than (?:the )?(?:minimum|allowed|min)",
        r"\bmust (?:be|have) (?:a )?positive\b|\bgreater than zero\b"
        r"|\bmust not be (?:negative|zero)",
        rf"\bbetween {_NUMBER} and (?P<high>-?\d+)",
        r"\bin the (?:future)\b|\btoo small\b|\btoo low\b",
    ),
    *_phrases(
        K.TOO_LARGE,
        rf"\b(?:less|smaller|lower|fewer) than(?P<inclusive> or equal(?: to)?)? {_NUMBER}",
        rf"\b(?:at most|maximum(?: value)?(?: is| of)?|not (?:exceed|be greater than|be more than)"
        rf"|no more than|max) {_NUMBER}",
        rf"<(?P<inclusive>=)? ?{_NUMBER}",
        rf"\b(?:exceeds?|(?:greater|more) than) (?:the )?maximum (?:allowed )?(?:value )?(?:of )?"
        rf"\(?{_NUMBER}",
        rf"\bmax(?:imum)? value (?:is )?{_NUMBER}",
        r"\bexceeds?\b|\bout of range\b|\boverflow\b|\btoo (?:large|big|high)\b",
    ),
    *_phrases(
        K.NO_SUCH,
        rf"\b(?:no such|unknown|could not find|can't find|cannot find|couldn't find|unable to find)"
        rf" (?:an? |the )?(?:\w+ (?=\w+\W*$))?{NAME}",
        rf"\bno {NAME} with (?:the |this |that )?(?:id|name|key|slug|number)\b",
        rf"^(?:the |this |a )?{NAME}(?: with \S+(?: \S+){{0,3}})? (?:does not|doesn't"
        rf"|do not) exist",
        rf"^(?:the |this |a |no )?{NAME}(?: with \S+(?: \S+){{0,3}})? (?:was |is |could |were )?"
        rf"(?:not be |not )?found\b",
        r"\b(?:does not|doesn't|did not|do not) exist\b|\bnot found\b|\bmust exist\b"
        r"|\bno \w+ (?:found|matches)\b|\bviolates foreign key\b",
    ),
    *_phrases(
        K.FORBIDDEN,
        r"\bcan(?:not|'t| not) (?:access|view|edit|modify|delete|perform|see)\b",
        r"\bforbidden\b|\bpermission\b|\baccess denied\b|\bnot (?:allowed|authori[sz]ed|permitted)"
        r" to\b|\bprivileges?\b|\bnot (?:the )?owner\b|\bcsrf\b|\bmust be (?:an? )?(?:admin|owner)",
    ),
    *_phrases(
        K.FORMAT,
        r"\binvalid\b|\bnot valid\b|\bwrong format\b|\bmalformed\b",
    ),
]
