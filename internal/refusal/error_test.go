package refusal_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

func Example() {
	err := fmt.Errorf("read message: %w", refusal.New(refusal.XMLDTD, 38, "document type declaration"))
	fmt.Println(refusal.Of(err))
	fmt.Println(err)
	// Output:
	// xml.dtd
	// read message: xml.dtd: document type declaration (octet 38)
}

func TestOf(t *testing.T) {
	t.Parallel()
	inner := refusal.New(refusal.XMLUTF8, -1, "")
	assert.Equal(t, refusal.XMLUTF8, refusal.Of(inner))
	assert.Equal(t, refusal.UpstreamMalformed, refusal.Of(refusal.Newf(refusal.UpstreamMalformed, -1, "answer: %w", inner)),
		"the outer one counts: it knows whose message it was")
	assert.Equal(t, refusal.Internal, refusal.Of(io.EOF), "what nobody classified is a defect")
}

func TestNewf(t *testing.T) {
	t.Parallel()
	err := refusal.Newf(refusal.HTTPSlow, -1, "after %d octets: %w", 3, io.ErrUnexpectedEOF)
	assert.Equal(t, "http.slow: after 3 octets: unexpected EOF", err.Error())
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
