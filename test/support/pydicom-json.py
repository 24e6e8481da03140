"""Reads DICOM files with pydicom and tells what it reads, one JSON object a line.

The paths come on standard input, one a line. Each answer has `path`, and either `error` or `json` (the data set in the
DICOM JSON Model, Pixel Data left out) and `pixels` (the SHA-256 of the value of Pixel Data, or null).
"""
import hashlib
import json
import logging
import sys
import warnings

import pydicom

PIXEL_DATA = (0x7FE00008, 0x7FE00009, 0x7FE00010)


def read(path):
    data_set = pydicom.dcmread(path)
    pixels = None
    for tag in PIXEL_DATA:
        if tag in data_set:
            pixels = hashlib.sha256(data_set[tag].value).hexdigest()
            del data_set[tag]
    return {"path": path, "json": data_set.to_json_dict(), "pixels": pixels}


def main():
    warnings.simplefilter("ignore")
    logging.disable()
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            answer = read(path)
        except Exception as error:
            answer = {"path": path, "error": repr(error)}
        print(json.dumps(answer))


main()
