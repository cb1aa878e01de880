// node-soap as a client: reads one job as JSON from standard input, writes one
// result. interop/peers/README.md describes both.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const { createRequire } = require("node:module");
const path = require("node:path");

// The packages lie in .peers, not beside this file.
const load = createRequire(path.join(process.env.VIADUCT_PEERS, "nodesoap", "package.json"));
const axios = load("axios");
const soap = load("soap");

// faultOf gives the fault as node-soap read it, in the form of its version.
function faultOf(fault) {
  if (fault.Code) {
    const code = [fault.Code.Value];
    if (fault.Code.Subcode) code.push(fault.Code.Subcode.Value);
    return { code, string: text(fault.Reason.Text), detail: detailOf(fault.Detail) };
  }
  return { code: text(fault.faultcode), string: text(fault.faultstring), detail: detailOf(fault.detail) };
}

function text(v) {
  return v !== null && typeof v === "object" && "$value" in v ? v.$value : v;
}

// detailOf drops attributes, among which are the declarations of prefixes.
function detailOf(v) {
  return v === undefined ? null : JSON.stringify(v, (key, value) => (key === "attributes" ? undefined : value));
}

// callOnce calls once and tells what a program of node-soap's user would see.
function callOnce(client, port, one) {
  return new Promise((done) => {
    client.Sample[port][one.operation](
      one.args,
      (err, result) => {
        const fault = err && err.root && err.root.Envelope && err.root.Envelope.Body && err.root.Envelope.Body.Fault;
        if (fault) done({ fault: faultOf(fault) });
        else if (err) done({ error: String(err).slice(0, 300) });
        else done({ value: result && "result" in result ? result.result : null });
      },
      { timeout: 60000 },
    );
  });
}

async function main() {
  process.stdin.setEncoding("utf8");
  let input = "";
  for await (const chunk of process.stdin) input += chunk;
  const job = JSON.parse(input);
  const soap12 = job.version === "1.2";
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const client = await soap.createClientAsync(job.wsdl, {
    forceSoap12Headers: soap12,
    request: axios.create({ httpAgent: agent, proxy: false, maxBodyLength: Infinity, maxContentLength: Infinity }),
  });
  if (job.key) {
    // Without a header of ours node-soap writes no place for the security header.
    client.addSoapHeader('<c:Caller xmlns:c="http://viaduct.example/interop">interop</c:Caller>');
    client.setSecurity(new soap.WSSecurityCert(fs.readFileSync(job.key), fs.readFileSync(job.cert), ""));
  }
  const results = [];
  for (const one of job.calls) {
    client.setEndpoint(one.url || job.url);
    const port = soap12 ? "Soap12" : "Soap11";
    const first = await callOnce(client, port, one);
    let same = 1;
    for (let i = 1; i < (one.repeat || 1); i++) {
      same += JSON.stringify(await callOnce(client, port, one)) === JSON.stringify(first);
    }
    results.push({ ...first, same });
  }
  agent.destroy();
  process.stdout.write(JSON.stringify({ results }));
}

main();
