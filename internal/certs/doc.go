// Package certs reads certificates and keys in PEM form, finds the one that a
// reference into a Windows certificate store means, and makes TLS
// configurations from them.
//
// A WCF file names certificates by storeName, x509FindType and findValue
// (wcf-config 5.1). Map finds the files for such a reference by the words of the
// reference, as certificates[] of the settings gives them, or by what the
// certificates say of themselves: thumbprint, subject, issuer, serial number.
//
// Pin is the certificate or key that the identity of a client endpoint expects
// (wcf-config 3.3).
//
// The two TLS profiles of a socket are built here (design D10): Modern is TLS
// 1.2 and 1.3 with Go's default suites; Reopened says exactly what Legacy adds.
//
// The package reads the named files and has no other effect. To reload, load
// again. It reads no PFX file and no encrypted key, asks no revocation service
// and does not fetch issuers.
//
// # Differences from WCF
//
//   - storeLocation is not looked at: there is one map.
//   - FindByTimeValid, FindByTimeNotYetValid, FindByTimeExpired,
//     FindByTemplateName and FindByKeyUsage find by the words of the reference
//     only.
//   - FindByThumbprint ignores blanks and the invisible mark that copying from
//     the Windows dialogue leaves at the beginning.
package certs
