package soap

import (
	"slices"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// NotUnderstood returns the indexes of the blocks that have to be understood by
// this node and are not, in document order; nil if there are none.
//
// A block counts when it is marked mustUnderstand and aimed at the role next, at
// one of roles, or, where roles holds the empty string, at the final receiver.
// WCF looks at every role; SOAP (1.1, 4.2.3; 1.2 Part 1, 2.4) and Viaduct do not.
func NotUnderstood(e *Envelope, understood func(xmltext.Name) bool, roles []string) []int {
	var out []int
	for i := range e.blocks {
		b := &e.blocks[i]
		if b.MustUnderstand && e.plays(b, roles) && !understood(b.Name) {
			out = append(out, i)
		}
	}
	return out
}

// plays tells whether a node that plays roles has to process b.
func (e *Envelope) plays(b *Block, roles []string) bool {
	switch b.RoleKind {
	case RoleNext:
		return true
	case RoleNone:
		return false
	case RoleUltimate:
		return slices.Contains(roles, "")
	default:
		role, err := xmltext.AppendAttrValue(nil, b.Role.Of(e.head))
		return err == nil && slices.Contains(roles, string(role))
	}
}

// MustUnderstandFault returns the fault for blocks that NotUnderstood returned
// (FT-10; SOAP 1.2 Part 1, 5.4.8). The reason names the first; in SOAP 1.2 the
// first 16 are listed in NotUnderstood headers. Nil without blocks.
func MustUnderstandFault(e *Envelope, blocks []int) *Fault {
	if len(blocks) == 0 {
		return nil
	}
	first := e.blocks[blocks[0]].Name
	f := &Fault{
		Code: MustUnderstand,
		Reason: "The header " + Echo(string(first.Local)) + " of namespace '" + Echo(string(first.Space)) +
			"' has to be understood, and this endpoint does not understand it.",
	}
	if e.Version.Envelope != SOAP12 {
		return f
	}
	for _, i := range blocks[:min(len(blocks), MaxNotUnderstood)] {
		f.Headers = append(f.Headers, notUnderstood(e.blocks[i].Name))
	}
	return f
}

func notUnderstood(n xmltext.Name) []byte {
	h := []byte("<" + ownPrefix + ":NotUnderstood xmlns:" + ownPrefix + `="` + Namespace12 + `"`)
	prefix := ""
	if len(n.Space) > 0 {
		prefix = "q:"
		h = append(h, ` xmlns:q="`...)
		h = append(xmltext.AppendEscapedAttr(h, string(n.Space)), '"')
	}
	h = append(h, ` qname="`...)
	h = append(append(h, prefix...), n.Local...)
	return append(h, `"/>`...)
}

// VersionMismatchFault returns the fault for a message whose envelope has a
// version that is not among supported (dispatch 8.3; SOAP 1.2 Part 1, 5.4.7 and
// A.1). Its header Upgrade lists supported, the preferred first. It is sent as
// SOAP 1.1, which a node of either version can read.
func VersionMismatchFault(supported ...EnvelopeVersion) *Fault {
	f := &Fault{Code: VersionMismatch, Reason: "The envelope has a version that is not supported here."}
	h := []byte("<" + ownPrefix + ":Upgrade xmlns:" + ownPrefix + `="` + Namespace12 + `">`)
	for _, v := range supported {
		if v != EnvelopeNone {
			h = append(h, "<"+ownPrefix+":SupportedEnvelope xmlns:n=\""+v.Namespace()+`" qname="n:Envelope"/>`...)
		}
	}
	f.Headers = [][]byte{append(h, "</"+ownPrefix+":Upgrade>"...)}
	return f
}
