// Package infoset compares two XML documents by what they say, not by how they
// are written: the XML Information Set (W3C, second edition) with what makes no
// difference to a receiver of SOAP left out.
//
// No difference make: the order of attributes, prefixes and where they are
// declared, comments, CDATA sections against text, character references, empty
// tags against empty elements, and white space between elements. QNames in
// values are compared by what their prefix stands for where SOAP and XML Schema
// say that there is one: xsi:type, the fault codes of both SOAP versions, and
// soapenc:arrayType. All other values are text: 1 and 1.0 differ.
//
// What may differ, times and ids, is named by paths of local names, see
// [ParsePath]. The package knows nothing of schemas, so a default value that is
// written differs from one that is not. Documents are held whole, and bounded.
package infoset
