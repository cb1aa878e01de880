// Package wsdl reads contracts out of local WSDL 1.1 files: the operations of a
// port type, their actions, whether they are answered, and the first element of
// their bodies (WSDL 1.1, 2 and 3; WS-Addressing 1.0 Metadata, 4.4; the WSDL
// binding of 2006/05 that WCF writes).
//
// A file may import others below its own directory. Nothing is fetched over the
// network, no document type declaration is read, and files, their number and
// their depth are bounded (threats 3.1, T-CFG-01, T-CFG-07). Schemas are not
// read: a contract names elements and does not look into them. Documents over
// HTTP, WSDL 2.0, HTTP and MIME bindings, policies and services are not read
// either.
//
// # Differences from WCF
//
//   - WCF writes <contractNs>/<contractName>/<operation> as the action of an
//     operation that names none. A file that says nothing at all is not WCF's:
//     it gets the action that WS-Addressing 1.0 Metadata, 4.4.4, derives.
//   - Operations that the service begins (output first) are left out with a
//     notice; WCF reads them as parts of a callback contract.
//   - Two operations of one name are refused (WS-I Basic Profile 1.1, R2304).
package wsdl
