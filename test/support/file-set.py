"""Opens DICOM File-sets with pydicom and tells what is in them, one JSON array a line.

The paths of folders with a DICOMDIR come on standard input, one a line. Each answer has an object for each instance: `path`,
relative to the folder; `records`, the types of the records from the root down to it; `uid`, the SOP Instance UID that
the record tells; and `read`, the one that is in the file.
"""
import json
import logging
import os
import sys
import warnings

from pydicom import dcmread
from pydicom.fileset import FileSet


def records(node):
    above = []
    while node is not None and node.parent is not None:
        above.insert(0, node.record_type)
        node = node.parent
    return above


def main():
    warnings.simplefilter("ignore")
    logging.disable()
    for line in sys.stdin:
        folder = line.rstrip("\n")
        file_set = FileSet(os.path.join(folder, "DICOMDIR"))
        print(
            json.dumps(
                [
                    {
                        "path": os.path.relpath(instance.path, folder),
                        "records": records(instance.node),
                        "uid": instance.ReferencedSOPInstanceUIDInFile,
                        "read": dcmread(instance.path, stop_before_pixels=True).SOPInstanceUID,
                    }
                    for instance in file_set
                ]
            ),
            flush=True,
        )


main()
