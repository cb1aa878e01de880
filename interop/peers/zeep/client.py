"""zeep as a client: reads one job as JSON from standard input, writes one result.

The form of job and result is described in interop/peers/README.md.
"""

import json
import sys
import uuid

import requests
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Error, Fault
from zeep.plugins import Plugin
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin
from zeep.wsdl.utils import get_or_create_header

NAMESPACE = "http://viaduct.example/interop"
AUGUST = "http://schemas.xmlsoap.org/ws/2004/08/addressing"


class August2004(Plugin):
    """Writes headers of WS-Addressing, August 2004, which zeep does not know."""

    def egress(self, envelope, http_headers, operation, binding_options):
        action = operation.abstract.wsa_action or operation.soapaction
        header = get_or_create_header(envelope)
        for name, text in [
            ("Action", action),
            ("MessageID", f"urn:uuid:{uuid.uuid4()}"),
            ("To", binding_options["address"]),
        ]:
            etree.SubElement(header, etree.QName(AUGUST, name), nsmap={"a": AUGUST}).text = text
        reply = etree.SubElement(header, etree.QName(AUGUST, "ReplyTo"), nsmap={"a": AUGUST})
        etree.SubElement(reply, etree.QName(AUGUST, "Address")).text = AUGUST + "/role/anonymous"
        return envelope, http_headers


PLUGINS = {"": [], "1.0": [WsAddressingPlugin()], "2004": [August2004()]}


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


def raw(response):
    """Tells of an answer that the WSDL does not describe: the text of its Body."""
    try:
        root = etree.fromstring(response.content)
    except etree.XMLSyntaxError:
        return {"error": f"status {response.status_code}, no XML: {response.text}"[:300]}
    body = root.find("{*}Body")
    if body is None:
        return {"error": f"status {response.status_code}, no envelope: {response.text}"[:300]}
    text = "".join(body.itertext()).strip()
    if body.find("{*}Fault") is not None:
        return {"fault": {"code": response.status_code, "string": text, "detail": None}}
    return {"value": text}


def call(service, operation, args):
    """Calls once and tells what a program of zeep's user would see."""
    try:
        answer = service[operation](**args)
        return raw(answer) if isinstance(answer, requests.Response) else {"value": answer}
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
    client = Client(
        job["wsdl"],
        transport=Transport(session=session, timeout=30, operation_timeout=60),
        settings=Settings(xml_huge_tree=True, raw_response=job.get("raw", False)),
        plugins=PLUGINS[job["addressing"]],
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
