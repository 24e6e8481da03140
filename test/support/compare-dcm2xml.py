"""Compares DICOM XML of this product with what DCMTK's dcm2xml writes of the same file.

Each line of standard input is a JSON object with `xml`, text, and `path`, that of the file; each line of output a JSON
array of sentences, empty when both say the same, or null when dcm2xml writes nothing that is XML.

What the two do in different ways, each with good reason, is left out: dcm2xml says which character set there is where the
file says none, has no keywords of retired attributes, knows the VR of private ones, leaves UN as it is, guesses the VR
of Pixel Data, drops the block of what no Private Creator claims, and has nothing for a name of empty components.
"""
import json
import math
import subprocess
import sys
import xml.etree.ElementTree as ET

NS = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
FLOATS = {"FL", "FD"}
DECIMALS = {"DS", "IS"}
COMMAND = ["dcm2xml", "--quiet", "--native-format", "--use-xml-namespace", "--convert-to-utf8", "--charset-assume", "latin-1"]


def number(text):
    try:
        value = float(text)
    except ValueError:
        return text.strip()
    return "nan" if math.isnan(value) else value


def values_of(attribute, vr):
    found = []
    for child in attribute:
        kind = child.tag.removeprefix(NS)
        if kind in ("BulkData", "InlineBinary"):
            return "binary"
        if kind == "PersonName":
            texts = [(each.tag.removeprefix(NS), (each.text or "").strip()) for each in child.iter() if each is not child]
            found.append([each for each in texts if each[1]])
        elif kind == "Value":
            text = child.text or ""
            found.append(float("%.5g" % number(text)) if vr in FLOATS and isinstance(number(text), float) else
                         number(text) if vr in DECIMALS or vr in FLOATS else text.replace("\0", "").strip())
    return [] if found == [[]] else found


def data_set(parent):
    found = {}
    for attribute in parent.findall(NS + "DicomAttribute"):
        tag, creator = attribute.get("tag"), attribute.get("privateCreator")
        if is_private(tag) and creator is None and int(tag[4:6], 16) >= 0x10:
            tag = tag[:4] + "00" + tag[6:]
        found.setdefault((tag, creator), attribute)
    return found


def is_private(tag):
    return int(tag[:4], 16) % 2 == 1


def is_same_kind(one, other):
    vrs, keywords = (one.get("vr"), other.get("vr")), (one.get("keyword"), other.get("keyword"))
    is_guess = "UN" in vrs or one.get("tag") == "7FE00010"
    return (vrs[0] == vrs[1] or is_guess) and (keywords[0] == keywords[1] or keywords[1] is None)


def compare(ours, theirs, path, differences):
    for name in sorted((set(ours) | set(theirs)) - {("00080005", None)}, key=str):
        at = path + "/" + str(name)
        if name not in ours or name not in theirs:
            differences.append(at + (" is not in ours" if name not in ours else " is not in theirs"))
            continue
        one, other = ours[name], theirs[name]
        if not is_same_kind(one, other):
            differences.append("%s has another vr or keyword: %s %s, %s %s" % (
                at, one.get("vr"), one.get("keyword"), other.get("vr"), other.get("keyword")))
        elif one.get("vr") == "SQ":
            items, other_items = one.findall(NS + "Item"), other.findall(NS + "Item")
            if len(items) != len(other_items):
                differences.append(at + " has another number of items")
            for i, (item, other_item) in enumerate(zip(items, other_items)):
                compare(data_set(item), data_set(other_item), at + "/" + str(i), differences)
        elif one.get("vr") == other.get("vr") and values_of(one, one.get("vr")) != values_of(other, one.get("vr")):
            differences.append(at + " has other values: " + repr(values_of(one, one.get("vr")))[:150] +
                               " " + repr(values_of(other, one.get("vr")))[:150])


def answer(pair):
    written = subprocess.run([*COMMAND, pair["path"]], capture_output=True)
    try:
        theirs = ET.fromstring(written.stdout)
    except ET.ParseError:
        return None
    differences = []
    compare(data_set(ET.fromstring(pair["xml"].encode("utf-8"))), data_set(theirs), "", differences)
    return differences


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
