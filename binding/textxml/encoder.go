package textxml

import (
	"context"
	"io"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/soap"
)

// Encoder reads and writes text messages of one version. It is immutable.
type Encoder struct {
	version     soap.Version
	charset     binding.CharacterEncoding
	contentType string
	plain       binding.HTTPFields // of a message whose action is not told; shared
}

var _ binding.Encoder = (*Encoder)(nil)

// New returns the encoder of a version that writes the given character encoding.
func New(v soap.Version, c binding.CharacterEncoding) *Encoder {
	ct := binding.ContentType(v.Envelope, c)
	plain := binding.HTTPFields{{Name: "Content-Type", Value: ct}}
	return &Encoder{version: v, charset: c, contentType: ct, plain: plain[:1:1]}
}

// Accepts parses a content type; see [binding.ParseContentType].
func (e *Encoder) Accepts(contentType string) (binding.Media, error) {
	if e.charset == binding.UTF8 && contentType == e.contentType {
		return binding.Media{Charset: "utf-8"}, nil
	}
	return binding.ParseContentType(contentType, e.version.Envelope)
}

// Decode reads a message up to its body; see [soap.Decode].
func (e *Encoder) Decode(ctx context.Context, in binding.Arriving, l soap.Limits, n soap.Needs, b *buf.Budget) (*soap.Envelope, error) {
	return soap.Decode(ctx, in.Body, soap.DecodeOptions{
		Version: e.version,
		Charset: in.Media.Charset,
		Size:    in.Size,
		Limits:  l,
		Needs:   n,
		Budget:  b,
		Done:    in.Done,
	})
}

// Encode makes d ready to be written. It takes d over and never fails.
func (e *Encoder) Encode(d *soap.Draft, o binding.EncodeOptions) (binding.Encoded, error) {
	h := e.header(o)
	if v := d.Version().Envelope; v != e.version.Envelope && !o.Request { // VersionMismatch travels as SOAP 1.1 (SOAP 1.2 Part 1, A.1)
		h = binding.HTTPFields{{Name: "Content-Type", Value: binding.ContentType(v, e.charset)}}
	}
	if e.charset != binding.UTF8 {
		return &recoded{draft: d, header: h, charset: e.charset}, nil
	}
	return &verbatim{Draft: d, header: h}, nil
}

// header returns the fields of a message (dispatch 5.6, "Sending").
func (e *Encoder) header(o binding.EncodeOptions) binding.HTTPFields {
	const name = "Content-Type"
	switch {
	case !o.Request:
	case e.version.Envelope == soap.SOAP11:
		return binding.HTTPFields{{Name: name, Value: e.contentType}, {Name: "SOAPAction", Value: addressing.FormatAction(o.Action)}}
	case e.version.Envelope == soap.SOAP12 && e.version.Addressing == soap.AddressingNone && o.Action != "":
		return binding.HTTPFields{{Name: name, Value: e.contentType + "; action=" + addressing.FormatAction(o.Action)}}
	}
	return e.plain
}

// verbatim is a message that travels in the octets it has.
type verbatim struct {
	*soap.Draft
	header binding.HTTPFields
}

func (v *verbatim) Header() binding.HTTPFields { return v.header }

// recoded is a message that is written in UTF-16.
type recoded struct {
	draft   *soap.Draft
	header  binding.HTTPFields
	charset binding.CharacterEncoding
}

func (r *recoded) Header() binding.HTTPFields { return r.header }

// Size is unknown: the number of UTF-16 units is known only after the writing.
func (r *recoded) Size() (int64, bool) { return 0, false }

func (r *recoded) Segments(dst [][]byte) ([][]byte, bool) { return dst, false }

func (r *recoded) WriteTo(w io.Writer) (int64, error) {
	u := newUTF16Writer(w, r.charset)
	if _, err := r.draft.WriteTo(u); err != nil {
		return u.n, err
	}
	return u.n, u.Flush()
}

func (r *recoded) Close() { r.draft.Close() }
