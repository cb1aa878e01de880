package soap_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

func seeds(f *testing.F, add func([]byte)) {
	f.Helper()
	for _, r := range rows(f) {
		if len(r.Input) < 4096 {
			add([]byte(r.Input))
		}
	}
	add(order(1 << 10))
	add([]byte(utf16le("\uFEFF<?xml version='1.0' encoding='utf-16'?>" + open12 + "<s:Body>" + closed)))
	add([]byte(open11 + `<s:Header><q:A xmlns:q="u" s:actor='a&#39;' s:mustUnderstand="1"/></s:Header><s:Body><s:Fault><faultcode>s:Client</faultcode></s:Fault>` + closed))
	add([]byte(`<Envelope xmlns="` + soap.Namespace12 + `"><Header><A xmlns=""/></Header><Body><!--</Body>--></Body></Envelope>`))
}

func versionFor(m []byte) soap.Version {
	if bytes.Contains(m, []byte(soap.Namespace11)) {
		return soap.Soap11
	}
	return soap.Soap12WSAddressing10
}

// FuzzDecode: no panic; what was accepted is kept octet for octet; and the size
// of the pieces in which it came does not matter.
func FuzzDecode(f *testing.F) {
	seeds(f, func(m []byte) { f.Add(m, uint8(0)); f.Add(m, uint8(2)) })
	f.Fuzz(func(t *testing.T, m []byte, check uint8) {
		o := soap.DecodeOptions{
			Size: -1, Version: versionFor(m), Needs: soap.Needs{Check: soap.Check(check % 3), Streamed: check&4 != 0},
		}
		e, err := soap.Decode(context.Background(), bytes.NewReader(m), o)
		slow, slowErr := soap.Decode(context.Background(), iotest.OneByteReader(bytes.NewReader(m)), o)
		require.Equal(t, err == nil, slowErr == nil, "%v against %v", err, slowErr)
		if err != nil {
			return
		}
		defer e.Release()
		defer slow.Release()
		require.Equal(t, e.Head(), slow.Head())
		require.Len(t, slow.Blocks(), len(e.Blocks()))
		if e.Verbatim {
			require.Equal(t, string(m), string(e.Head())+read(t, e, soap.Rest))
		}
		if r, err := e.Body.Open(soap.Content); err == nil {
			_, _ = io.Copy(io.Discard, r)
			_ = r.Close()
		}
		if _, err := soap.ReadFault(context.Background(), e); err == nil {
			require.True(t, isFault(t, e))
		}
		for i := range e.Blocks() {
			_, _ = e.Value(&e.Blocks()[i], nil)
			e.SplitValue(&e.Blocks()[i])
		}
	})
}

// FuzzDraft: scan(splice(m)) differs from scan(m) in the edited blocks only
// (T-XML-18), for same-version and for bridged drafts.
func FuzzDraft(f *testing.F) {
	seeds(f, func(m []byte) { f.Add(m, uint16(0x1b)); f.Add(m, uint16(0xffff)) })
	f.Fuzz(func(t *testing.T, m []byte, edits uint16) {
		o := soap.DecodeOptions{Size: int64(len(m)), Version: versionFor(m), Needs: soap.Needs{Check: soap.CheckWellFormed}}
		e, err := soap.Decode(context.Background(), bytes.NewReader(m), o)
		if err != nil {
			return
		}
		defer e.Release()
		to := soap.Soap11
		if o.Version == to {
			to = soap.Soap12
		}
		drafts := []*soap.Draft{soap.NewDraft(e)}
		if d, err := soap.Bridge(e, to); err == nil {
			drafts = append(drafts, d)
		}
		for _, d := range drafts {
			for i := range min(len(e.Blocks()), 7) {
				switch edits >> (2 * i) & 3 {
				case 1:
					d.Remove(i)
				case 2:
					d.Replace(i, []byte(`<r:R xmlns:r="urn:r">&lt;</r:R>`))
				}
			}
			if edits&0x8000 != 0 {
				d.Append([]byte(`<r:Added xmlns:r="urn:r"/>`))
			}
			require.NoError(t, d.Prove())
			v := d.Version()
			out := write(t, d)
			again, err := soap.Decode(context.Background(), strings.NewReader(out), soap.DecodeOptions{
				Size: int64(len(out)), Version: v, Limits: soap.Limits{Message: 1 << 20, Header: 1 << 20, Blocks: 300, XML: xmltext.Limits{Declarations: 512, Scope: 1024, StartTag: 1 << 20}},
				Needs: soap.Needs{Check: soap.CheckWellFormed},
			})
			require.NoError(t, err, "%q became %q", m, out)
			again.Release()
		}
	})
}
