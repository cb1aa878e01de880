package addressing

import (
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Errors of addresses that a version cannot carry.
var (
	// ErrNoneAddress: 2004/08 has no address for "nowhere"; use 1.0.
	ErrNoneAddress = errors.New("addressing: the none address cannot be written in WS-Addressing 2004/08")
	// ErrAnonymousAddress: without addressing headers a message needs a real
	// address.
	ErrAnonymousAddress = errors.New("addressing: an anonymous address needs WS-Addressing headers")
)

// prefix is what Viaduct writes for the addressing namespace, as WCF does.
const prefix = "a"

// header returns a header with text content. mustUnderstand is written as WCF
// writes it.
func header(v soap.Version, local, text string, mustUnderstand bool) []byte {
	dst := make([]byte, 0, 192+len(text))
	dst = append(dst, "<"+prefix+":"...)
	dst = append(dst, local...)
	dst = append(dst, " xmlns:"+prefix+`="`...)
	dst = append(dst, v.Addressing.Namespace()...)
	dst = append(dst, '"')
	if mustUnderstand {
		dst = append(dst, ` xmlns:s="`...)
		dst = append(dst, v.Envelope.Namespace()...)
		dst = append(dst, `" s:mustUnderstand="1"`...)
	}
	dst = append(dst, '>')
	dst = xmltext.AppendEscaped(dst, text)
	return closing(dst, local)
}

func closing(dst []byte, local string) []byte {
	dst = append(dst, "</"+prefix+":"...)
	dst = append(dst, local...)
	return append(dst, '>')
}

func opening(dst []byte, local string) []byte {
	dst = append(dst, "<"+prefix+":"...)
	dst = append(dst, local...)
	return append(dst, '>')
}

// addressText returns the URI of a in version v.
func (a *EndpointAddress) addressText(v soap.AddressingVersion) (string, error) {
	switch {
	case a.IsAnonymous() && v == soap.AddressingNone:
		return "", ErrAnonymousAddress
	case a.IsAnonymous():
		return anonymousText(v), nil
	case a.IsNone() && v == soap.Addressing200408:
		return "", ErrNoneAddress
	case a.IsNone() && v == soap.Addressing10:
		return none10, nil
	default:
		return a.URI.String(), nil
	}
}

// AppendEPR appends the address as an endpoint reference of version v: an
// element of that namespace with this local name, which declares all prefixes
// that it uses. Children stand in the order that the version prescribes, the
// identity before other extensions (dispatch 1.5). With AddressingNone only the
// URI is appended, as text. An address that the version does not know gives
// [ErrNoneAddress] or [ErrAnonymousAddress].
func (a *EndpointAddress) AppendEPR(dst []byte, v soap.AddressingVersion, local string) ([]byte, error) {
	text, err := a.addressText(v)
	if err != nil {
		return dst, err
	}
	if v == soap.AddressingNone {
		return xmltext.AppendEscaped(dst, text), nil
	}
	ns := v.Namespace()
	for _, e := range a.Extensions {
		if e.Space == ns {
			return dst, fmt.Errorf("addressing: extension %s of the addressing namespace cannot be written", e.Local)
		}
	}
	dst = append(dst, "<"+prefix+":"...)
	dst = append(dst, local...)
	dst = append(dst, " xmlns:"+prefix+`="`...)
	dst = append(dst, ns...)
	dst = append(dst, `">`...)
	dst = opening(dst, "Address")
	dst = xmltext.AppendEscaped(dst, text)
	dst = closing(dst, "Address")
	if v == soap.Addressing10 {
		dst = a.appendParts10(dst)
	} else {
		dst = a.appendParts200408(dst)
	}
	if a.Identity != nil {
		dst = a.Identity.appendTo(dst)
	}
	dst = appendElements(dst, a.Extensions)
	return closing(dst, local), nil
}

func (a *EndpointAddress) appendParts10(dst []byte) []byte {
	dst = a.appendHeaders(dst, "ReferenceParameters", func(h Header) bool { return h.Property }, func(h Header) bool { return !h.Property })
	if len(a.Metadata) > 0 {
		dst = opening(dst, "Metadata")
		dst = appendElements(dst, a.Metadata)
		dst = closing(dst, "Metadata")
	}
	return dst
}

func (a *EndpointAddress) appendParts200408(dst []byte) []byte {
	dst = a.appendHeaders(dst, "ReferenceProperties", func(h Header) bool { return h.Property })
	dst = a.appendHeaders(dst, "ReferenceParameters", func(h Header) bool { return !h.Property })
	dst = appendElements(dst, a.PSP)
	return appendElements(dst, a.Metadata)
}

// appendHeaders writes the headers that the choices take, choice after choice,
// in one container; nothing when there is none.
func (a *EndpointAddress) appendHeaders(dst []byte, container string, choices ...func(Header) bool) []byte {
	start := len(dst)
	dst = opening(dst, container)
	empty := len(dst)
	for _, take := range choices {
		for _, h := range a.Headers {
			if take(h) {
				dst = append(dst, h.element...)
			}
		}
	}
	if len(dst) == empty {
		return dst[:start]
	}
	return closing(dst, container)
}

func appendElements(dst []byte, list []Element) []byte {
	for _, e := range list {
		dst = append(dst, e.XML...)
	}
	return dst
}

// onMessage returns an address header as a message of version v carries it.
func (h Header) onMessage(v soap.AddressingVersion) []byte {
	if v != soap.Addressing10 || h.marked {
		return h.element
	}
	return marked(h.element)
}

// ApplyTo addresses a draft (dispatch 1.6): To is the URI, and every address
// header is appended, marked as a reference parameter in WS-Addressing 1.0.
// Nothing is de-duplicated. Base holds the properties of the draft's base, nil
// when it has none; v is the addressing version of the draft. Errors:
// [ErrNoneAddress], [ErrAnonymousAddress], *[CardinalityError].
func (a *EndpointAddress) ApplyTo(d *soap.Draft, base *Properties, v soap.AddressingVersion) error {
	o, err := NewOutbound(a, soap.Version{Envelope: d.Version().Envelope, Addressing: v})
	if err != nil {
		return err
	}
	if err := o.applyTo(d, base); err != nil {
		return err
	}
	o.applyHeaders(d)
	return nil
}
