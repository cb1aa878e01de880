package httpchan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestFront_RenewTLS: new connections see the new certificate, and an idle one
// that knows the old one ends.
func TestFront_RenewTLS(t *testing.T) {
	t.Parallel()
	first, second := testbed.NewCertificate(t), testbed.NewCertificate(t)
	f, address := serve(t, everywhere(streaming(echo)), httpchan.FrontOptions{TLS: serverTLS(first, "http/1.1")})
	ask := func(cert *testbed.Certificate) error {
		c := client(cert, nil)
		defer c.CloseIdleConnections()
		r, err := c.Post("https://"+address+"/s", "text/xml; charset=utf-8", strings.NewReader(good))
		if err == nil {
			assert.Equal(t, 200, r.StatusCode)
			err = r.Body.Close()
		}
		return err
	}
	kept := client(first, nil)
	status, _, _ := send(t, kept, "https://"+address+"/s", strings.NewReader(good))
	require.Equal(t, 200, status)
	require.Equal(t, 1, f.Connections(), "kept alive")
	f.RenewTLS(serverTLS(second, "http/1.1"))
	require.NoError(t, ask(second))
	require.Error(t, ask(first))
	assert.Eventually(t, func() bool { return f.Connections() == 0 }, patience, 10*time.Millisecond)
	f.RenewTLS(nil)
	require.NoError(t, ask(second), "nothing to renew")
}
