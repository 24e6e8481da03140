"""Reads the same instance in the Native DICOM Model and in the DICOM JSON Model, and tells how they differ.

Each line of standard input is a JSON object with `xml` and `json`, both text; each line of output a JSON array of
sentences, empty when both say the same. Written from PS3.19 A.1 and PS3.18 F alone.
"""
import json
import math
import re
import sys
import xml.etree.ElementTree as ET

NS = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
COMPONENTS = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"]
GROUPS = ["Alphabetic", "Ideographic", "Phonetic"]
NUMBERS = {"DS", "IS", "FL", "FD", "SL", "SS", "SV", "UL", "US", "UV"}
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_private(tag):
    return int(tag[:4], 16) % 2 == 1


def number(text):
    try:
        value = float(text)
    except ValueError:
        return text
    return "NaN" if math.isnan(value) else value


def value_of(vr, text):
    return number(text) if vr in NUMBERS else text


def name_in_xml(element):
    groups = []
    for name in GROUPS:
        group = element.find(NS + name)
        texts = [] if group is None else [group.findtext(NS + each) or "" for each in COMPONENTS]
        groups.append("^".join(texts).rstrip("^"))
    return groups


def attribute_in_xml(attribute):
    vr = attribute.get("vr")
    content = []
    for at, child in enumerate(attribute, 1):
        kind = child.tag.removeprefix(NS)
        if kind in ("Value", "PersonName", "Item") and child.get("number") != str(at):
            raise ValueError("values are not numbered one by one")
        if kind == "Value":
            content.append(value_of(vr, child.text or ""))
        elif kind == "PersonName":
            content.append(name_in_xml(child))
        elif kind == "Item":
            content.append(data_set_in_xml(child))
        elif kind == "InlineBinary":
            content.append({"base64": child.text})
        elif kind == "BulkData":
            content.append({"uri": child.get("uri")})
        else:
            raise ValueError("an attribute holds " + kind)
    return {"vr": vr, "keyword": attribute.get("keyword"), "content": content}


def data_set_in_xml(parent):
    found = {}
    for attribute in parent:
        if attribute.tag != NS + "DicomAttribute":
            raise ValueError("a data set holds " + attribute.tag)
        name = (attribute.get("tag"), attribute.get("privateCreator"))
        if name in found:
            raise ValueError("an attribute comes twice: " + name[0])
        found[name] = attribute_in_xml(attribute)
    return found


def content_in_json(vr, element):
    if "InlineBinary" in element:
        return [{"base64": element["InlineBinary"]}]
    if "BulkDataURI" in element:
        return [{"uri": element["BulkDataURI"]}]
    values = element.get("Value", [])
    if vr == "SQ":
        return [data_set_in_json(item) for item in values]
    if vr == "PN":
        return [[writable((value or {}).get(group, "")).rstrip("^") for group in GROUPS] for value in values]
    return ["" if value is None else value_of(vr, writable(str(value))) for value in values]


def writable(text):
    return UNWRITABLE.sub("\ufffd", text)


def data_set_in_json(elements):
    creators, known = {}, set()
    for tag in sorted(elements):
        if is_private(tag) and tag[4:6] == "00" and int(tag[6:], 16) >= 0x10:
            creator = writable(str((elements[tag].get("Value") or [""])[0] or ""))
            if creator and (tag[:4], creator) not in known:
                known.add((tag[:4], creator))
                creators[tag[:4] + tag[6:]] = creator
    found = {}
    for tag, element in elements.items():
        creator = creators.get(tag[:6]) if is_private(tag) and tag[4:6] != "00" else None
        name = (tag if creator is None else tag[:4] + "00" + tag[6:], creator)
        found[name] = {"vr": element["vr"], "content": content_in_json(element["vr"], element)}
    return found


def compare(in_xml, in_json, path, differences):
    for name in sorted(set(in_xml) | set(in_json), key=str):
        at = path + "/" + str(name)
        if name not in in_xml or name not in in_json:
            differences.append(at + " is in one of them only")
            continue
        one, other = in_xml[name], in_json[name]
        if one["vr"] != other["vr"]:
            differences.append(at + " has another vr")
        elif one["vr"] == "SQ" and len(one["content"]) == len(other["content"]):
            for i, (item, other_item) in enumerate(zip(one["content"], other["content"])):
                compare(item, other_item, at + "/" + str(i), differences)
        elif one["content"] != other["content"]:
            differences.append(at + " has other values: " + repr(one["content"])[:200] + repr(other["content"])[:200])


def main():
    for line in sys.stdin:
        pair = json.loads(line)
        differences = []
        try:
            root = ET.fromstring(pair["xml"].encode("utf-8"))
            if root.tag != NS + "NativeDicomModel" or root.get(SPACE) != "preserve":
                differences.append("the root is " + root.tag)
            compare(data_set_in_xml(root), data_set_in_json(json.loads(pair["json"])), "", differences)
        except (ET.ParseError, ValueError) as error:
            differences.append(repr(error))
        print(json.dumps(differences))


main()
