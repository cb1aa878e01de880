"""zeep as a client: reads one job as JSON from standard input, writes one result.

The form of job and result is described in interop/peers/README.md.
"""

import json
import sys

import requests
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Error, Fault
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

NAMESPACE = "http://viaduct.example/interop"


def detail_of(fault):
    """Gives the children of a fault's detail in canonical form."""
    if fault.detail is None:
        return None
    if isinstance(fault.detail, bytes):  # zeep found no fault in the answer
        return fault.detail.decode()
    parts = []
    for child in fault.detail:
        etree.cleanup_namespaces(child)
        parts.append(etree.tostring(child, method="c14n", exclusive=True, with_tail=False).decode())
    return "".join(parts)


def call(service, operation, args):
    """Calls once and tells what a program of zeep's user would see."""
    try:
        return {"value": service[operation](**args)}
    except Fault as fault:
        code = fault.code
        if fault.subcodes:
            code = [str(code)] + [str(sub) for sub in fault.subcodes]
        return {"fault": {"code": code, "string": fault.message, "detail": detail_of(fault)}}
    except (Error, requests.RequestException) as err:
        return {"error": f"{type(err).__name__}: {err}"[:300]}


def main():
    job = json.load(sys.stdin)
    session = requests.Session()
    session.trust_env = False  # no proxy of the environment between the test and itself
    plugins = [WsAddressingPlugin()] if job["wsa"] else []
    client = Client(
        job["wsdl"],
        transport=Transport(session=session, timeout=30, operation_timeout=60),
        settings=Settings(xml_huge_tree=True),
        plugins=plugins,
    )
    binding = "{%s}%s" % (NAMESPACE, "Soap12" if job["version"] == "1.2" else "Soap11")
    results = []
    for one in job["calls"]:
        service = client.create_service(binding, one.get("url") or job["url"])
        first = call(service, one["operation"], one["args"])
        same = 1
        for _ in range(one.get("repeat", 1) - 1):
            same += call(service, one["operation"], one["args"]) == first
        results.append({**first, "same": same})
    json.dump({"results": results}, sys.stdout)


main()
