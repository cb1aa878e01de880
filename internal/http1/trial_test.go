package http1_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// TestPool_trial: the request is seen as it would be sent, and is not.
func TestPool_trial(t *testing.T) {
	t.Parallel()
	var address, sent string
	p := http1.NewPool(http1.Target{Address: "nobody.invalid:80"}, http1.Options{Trial: func(a string, request []byte) {
		address, sent = a, string(request)
	}})
	defer p.Close()
	_, err := p.Do(t.Context(), &http1.Request{
		Method: "POST", Path: "/orders", Fields: []http1.Field{{Name: "Content-Type", Value: "text/xml"}}, Body: held("<a/>"),
	})
	require.ErrorIs(t, err, http1.ErrTrial)
	assert.Equal(t, "nobody.invalid:80", address)
	assert.Equal(t, "POST /orders HTTP/1.1\r\nHost: nobody.invalid\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>", sent)
	assert.Zero(t, p.Stats().Dialed)
}
