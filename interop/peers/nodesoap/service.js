// The sample service on node-soap, without addressing:
//
//   VIADUCT_PEERS=FOLDER node service.js interop.wsdl PORT
//
// /basic speaks SOAP 1.1, /soap12 SOAP 1.2. Prints "ready" when it listens
// and runs until its standard input ends.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const { createRequire } = require("node:module");
const path = require("node:path");

// The packages lie in .peers, not beside this file.
const soap = createRequire(path.join(process.env.VIADUCT_PEERS, "nodesoap", "package.json"))("soap");

const [wsdl, port] = process.argv.slice(2);
const seen = new Map();

function note(key) {
  seen.set(key, (seen.get(key) || 0) + 1);
}

function fault(reason, soap12) {
  const detail = { FailDetail: { $xml: `<i:FailDetail xmlns:i="http://viaduct.example/interop"><i:reason>${escape(reason)}</i:reason><i:number>42</i:number></i:FailDetail>` } };
  if (soap12) return { Code: { Value: "soap:Sender" }, Reason: { Text: "refused: " + reason }, Detail: detail.FailDetail };
  return { faultcode: "soap:Client", faultstring: "refused: " + reason, detail: detail.FailDetail };
}

function escape(s) {
  return s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function operations(soap12) {
  return {
    Echo(args) {
      note(args.text);
      return { result: args.text };
    },
    Add(args) {
      return { result: Number(args.a) + Number(args.b) };
    },
    Fail(args) {
      note(args.reason);
      throw { Fault: fault(args.reason, soap12) };
    },
    Notify(args) {
      note(args.key);
    },
    Blob(args) {
      return { result: args.data };
    },
    Count(args) {
      return { result: seen.get(args.key) || 0 };
    },
  };
}

const server = http.createServer((req, res) => {
  res.statusCode = 404;
  res.end();
});
const xml = fs.readFileSync(wsdl, "utf8");
// node-soap takes both versions wherever it listens; these paths do not.
const types = { "/basic": "text/xml", "/soap12": "application/soap+xml" };

for (const [at, soap12] of [["/basic", false], ["/soap12", true]]) {
  const ops = operations(soap12);
  const service = soap.listen(server, {
    path: at,
    xml,
    services: { Sample: { Soap11: ops, Soap12: ops } },
    forceSoap12Headers: soap12,
    oneWay: { responseCode: 202 },
  });
  service.authorizeConnection = (req, res) => {
    // Asked for the requests of all paths.
    const type = (req.headers["content-type"] || "").split(";")[0].trim();
    if (req.url !== at || req.method === "GET" || type === types[at]) return true;
    res.statusCode = 415;
    return false;
  };
}
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
