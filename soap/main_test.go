package soap_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestMain(m *testing.M) { os.Exit(buf.Main(m)) }

const (
	open12 = `<s:Envelope xmlns:s="` + soap.Namespace12 + `">`
	open11 = `<s:Envelope xmlns:s="` + soap.Namespace11 + `">`
	closed = `</s:Body></s:Envelope>`
)

// decode reads a message of known length. Who gets it releases it.
func decode(tb testing.TB, m string, o soap.DecodeOptions) *soap.Envelope {
	tb.Helper()
	if o.Size == 0 {
		o.Size = int64(len(m))
	}
	e, err := soap.Decode(context.Background(), strings.NewReader(m), o)
	require.NoError(tb, err)
	return e
}

// read returns what a view of the body holds.
func read(tb testing.TB, e *soap.Envelope, v soap.View) string {
	tb.Helper()
	r, err := e.Body.Open(v)
	require.NoError(tb, err)
	p, err := io.ReadAll(r)
	require.NoError(tb, err)
	require.NoError(tb, r.Close())
	return string(p)
}

// write returns what a draft writes, by every way there is, and closes it.
func write(tb testing.TB, d *soap.Draft) string {
	tb.Helper()
	defer d.Close()
	size, known := d.Size()
	segments, held := d.Segments(nil)
	var out bytes.Buffer
	n, err := d.WriteTo(&out)
	require.NoError(tb, err)
	require.EqualValues(tb, out.Len(), n)
	if held {
		require.Equal(tb, out.String(), string(bytes.Join(segments, nil)))
		require.True(tb, known)
	}
	if known {
		require.EqualValues(tb, out.Len(), size)
	}
	return out.String()
}
