"""suds as a client: reads one job as JSON from standard input, writes one result.

The form of job and result is described in interop/peers/README.md.
"""

import json
import sys
import urllib.request
from pathlib import Path

from suds import WebFault
from suds.client import Client
from suds.transport import TransportError


def detail_of(fault):
    """Gives the text of a fault's detail, element after element."""
    detail = getattr(fault, "detail", None)
    if detail is None:
        return None
    one = detail.FailDetail if hasattr(detail, "FailDetail") else None
    return str(detail) if one is None else f"{one.reason} {one.number}"


def call(client, operation, args):
    """Calls once and tells what a program of suds's user would see."""
    try:
        value = client.service["Soap11"][operation](**args)
        return {"value": None if value is None else str(value)}
    except WebFault as err:
        fault = err.fault
        return {"fault": {"code": fault.faultcode, "string": fault.faultstring, "detail": detail_of(fault)}}
    except (TransportError, OSError) as err:
        return {"error": f"{type(err).__name__}: {err}"[:300]}
    except Exception as err:  # suds raises Exception itself for a status it does not know
        if type(err) is not Exception:
            raise
        return {"error": f"{err}"[:300]}


def main():
    job = json.load(sys.stdin)
    # No proxy of the environment between the test and itself.
    urllib.request.getproxies = dict
    client = Client(Path(job["wsdl"]).as_uri(), cache=None, timeout=60)
    results = []
    for one in job["calls"]:
        client.set_options(location=one.get("url") or job["url"])
        first = call(client, one["operation"], one["args"])
        same = 1
        for _ in range(one.get("repeat", 1) - 1):
            same += call(client, one["operation"], one["args"]) == first
        results.append({**first, "same": same})
    json.dump({"results": results}, sys.stdout)


main()
