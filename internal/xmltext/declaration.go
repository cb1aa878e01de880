package xmltext

import (
	"bytes"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// maxDeclaration bounds an XML declaration, in octets.
const maxDeclaration = 256

var (
	xmlDeclOpen = []byte("<?xml")
	piClose     = []byte("?>")
)

// question reads what begins with "<?": the XML declaration at the very start,
// everything else is refused.
func (s *Scanner) question(i int) (Kind, error) {
	b := s.data[i:]
	if len(b) <= len(xmlDeclOpen) && bytes.HasPrefix(xmlDeclOpen, b) {
		return s.short()
	}
	if !bytes.HasPrefix(b, xmlDeclOpen) || class[b[5]]&blank == 0 && b[5] != '?' {
		return s.fail(refusal.XMLPI, i, "processing instruction")
	}
	if s.base+int64(i) != s.first {
		return s.fail(refusal.XMLMalformed, i, "XML declaration not at the start")
	}
	b = b[:min(len(b), maxDeclaration)]
	end := bytes.Index(b, piClose)
	if end < 0 {
		if len(b) == maxDeclaration {
			return s.fail(refusal.XMLMalformed, i, "XML declaration too long")
		}
		return s.short()
	}
	if why := checkDeclaration(b[len(xmlDeclOpen):end], s.enc); why != "" {
		return s.fail(why, i, "XML declaration")
	}
	return s.done(Declaration, i+end+len(piClose))
}

// checkDeclaration checks what stands between "<?xml" and "?>" (XML 1.0, 2.8)
// against the encoding of the document (wire-formats 6.3).
func checkDeclaration(b []byte, enc Encoding) refusal.Reason {
	name, value, b := pseudoAttribute(b)
	if name != "version" || value != "1.0" {
		return refusal.XMLMalformed
	}
	name, value, rest := pseudoAttribute(b)
	if name == "encoding" {
		if !enc.named(value) {
			return refusal.XMLEncoding
		}
		b = rest
		name, value, rest = pseudoAttribute(b)
	}
	if name == "standalone" {
		if value != "yes" && value != "no" {
			return refusal.XMLMalformed
		}
		b = rest
	}
	if !isBlank(b) {
		return refusal.XMLMalformed
	}
	return ""
}

// pseudoAttribute reads blanks, a name, an equals sign and a quoted value. The
// name is empty when there is none.
func pseudoAttribute(b []byte) (name, value string, rest []byte) {
	i := skipBlanks(b, 0)
	j := i
	for j < len(b) && class[b[j]]&nameStart != 0 {
		j++
	}
	k := skipBlanks(b, j)
	if i == 0 || i == j || k >= len(b) || b[k] != '=' {
		return "", "", b
	}
	k = skipBlanks(b, k+1)
	if k >= len(b) || b[k] != '"' && b[k] != '\'' {
		return "", "", b
	}
	n := bytes.IndexByte(b[k+1:], b[k])
	if n < 0 {
		return "", "", b
	}
	return string(b[i:j]), string(b[k+1 : k+1+n]), b[k+n+2:]
}

// named tells whether an XML declaration may call the encoding so.
func (e Encoding) named(name string) bool {
	switch e {
	case UTF8:
		return strings.EqualFold(name, "utf-8")
	case UTF16LE:
		return strings.EqualFold(name, "utf-16") || strings.EqualFold(name, "utf-16le")
	case UTF16BE:
		return strings.EqualFold(name, "utf-16") || strings.EqualFold(name, "utf-16be")
	}
	return false
}
