package wssec

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Bounds of what is read of one message. Beyond each of them everything counts
// as covered: the message passes unchanged, but is not edited.
const (
	maxReferences = 64  // ds:Reference elements, and Signature elements
	maxTransforms = 8   // transforms of one Reference
	maxTargets    = 256 // elements that bear an id which is asked for
	maxBearers    = 8   // elements that bear one id
)

// Coverage reads which octets of env the ds:Signature elements in its Security
// headers cover. It returns nil for a message without such headers. Header
// blocks named Security count in every namespace, since the drafts of
// WS-Security used several. The result holds no views of env.
//
// An error means that the head is not what a scan of it left behind; it is the
// scanner's own *refusal.Error.
func Coverage(env *soap.Envelope) (*Covered, error) {
	var blocks []soap.Block
	head, signed := env.Head(), false
	for _, b := range env.Blocks() {
		if string(b.Name.Local) == "Security" {
			blocks = append(blocks, b)
			signed = signed || maySign(b.Element.Of(head))
		}
	}
	if !signed {
		return nil, nil //nolint:nilnil // A nil Covered covers nothing, and says so.
	}
	claims := claimReader{blocks: blocks}
	if err := walk(head, claims.token); err != nil {
		return nil, err
	}
	if len(claims.proofs) == 0 && claims.beyond == "" {
		return nil, nil //nolint:nilnil // As above.
	}
	targets := targetReader{end: len(head)}
	claims.want(&targets)
	if err := walk(head, targets.token); err != nil {
		return nil, err
	}
	targets.close()
	if targets.full && claims.beyond == "" {
		claims.beyond = "too many elements with a signed id"
	}
	return &Covered{refs: claims.resolve(&targets), tags: targets.tags}, nil
}

// maySign is a first look at a header: the names of elements cannot be written
// in another way.
func maySign(block []byte) bool {
	return bytes.Contains(block, []byte("Signature")) || bytes.Contains(block, []byte("EncryptedData"))
}

// scan is a second scan of a head that was accepted already.
type scan struct {
	xmltext.Scanner
	head []byte
}

// walk gives each start and end tag of the head to f, with its span in head,
// until f says that it has seen enough.
func walk(head []byte, f func(s *scan, k xmltext.Kind, t xmltext.Span) (more bool)) error {
	s := scan{head: head}
	// The limits of the listener may be wider than the defaults.
	const wide = 1 << 30
	s.Reset(xmltext.Limits{
		Depth: wide, Attributes: wide, Declarations: wide, Scope: wide, Name: wide, StartTag: wide,
	})
	s.Skip(len(head) - len(bytes.TrimPrefix(head, []byte("\uFEFF"))))
	for {
		k, err := s.Next(head, false)
		if err != nil {
			return err
		}
		switch k {
		case xmltext.StartTag, xmltext.EndTag:
			if !f(&s, k, s.Token()) {
				return nil
			}
		case xmltext.More, xmltext.End:
			return nil
		default:
		}
	}
}

// attr returns the decoded value of the attribute without a namespace.
func (s *scan) attr(local string) (string, bool) {
	for _, a := range s.Attrs() {
		if len(a.Name.Space) == 0 && string(a.Name.Local) == local {
			v, err := xmltext.AppendAttrValue(nil, a.Raw.Of(s.head))
			return string(v), err == nil
		}
	}
	return "", false
}

// fragment returns the id that a same-document URI names. It returns whole for
// the URIs that mean the document, and for XPointers that are not followed.
func fragment(uri string) (id, whole string) {
	f := uri[1:]
	if f == "" {
		return "", "empty fragment"
	}
	p, ok := strings.CutPrefix(f, "xpointer(")
	if !ok {
		return f, ""
	}
	p = strings.TrimSuffix(p, ")")
	// XML Signature 1.1, 4.4.3.3: the two forms that one should support are
	// #xpointer(/) and #xpointer(id('ID')).
	if q, ok := strings.CutPrefix(p, "id("); ok && len(q) > 3 {
		q = strings.TrimSuffix(q, ")")
		if n := len(q); (q[0] == '\'' || q[0] == '"') && q[n-1] == q[0] && n > 2 {
			return q[1 : n-1], ""
		}
	}
	return "", "XPointer"
}

// sameID compares an attribute value with an id from a URI, which may be
// percent-encoded.
func sameID(value []byte, id string) bool {
	if string(value) == id {
		return true
	}
	if !strings.Contains(id, "%") {
		return false
	}
	plain, err := url.PathUnescape(id)
	return err == nil && string(value) == plain
}
