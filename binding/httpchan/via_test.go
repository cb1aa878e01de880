package httpchan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

func TestFront_via(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		port         int
		target, host string
		want         string // empty: refused
	}{
		{name: "origin form", target: "/a/b?c=d", host: "h.example", want: "http://h.example/a/b?c=d"},
		{name: "port of the field", target: "/", host: "h.example:8080", want: "http://h.example:8080/"},
		{name: "port of the listeners", port: 80, target: "/", host: "h.example:8080", want: "http://h.example/"},
		{name: "the same port", port: 8080, target: "/", host: "h.example:8080", want: "http://h.example:8080/"},
		{name: "no port in the field", port: 8080, target: "/", host: "h.example", want: "http://h.example:8080/"},
		{name: "IPv6", port: 8080, target: "/", host: "[::1]", want: "http://[::1]:8080/"},
		{name: "IPv6 with port", port: 8080, target: "/", host: "[::1]:9", want: "http://[::1]:8080/"},
		{name: "IPv6 that ends like the port", port: 1, target: "/", host: "[::1]:1", want: "http://[::1]:1/"},
		{name: "H-154 absolute form", target: "http://t.example/x?y", host: "evil.example", want: "http://t.example/x?y"},
		{name: "absolute form with port", port: 80, target: "http://t.example:99/x", host: "evil.example", want: "http://t.example/x"},
		{name: "absolute form without path", target: "http://t.example", host: "t.example", want: "http://t.example/"},
		{name: "dot segments in code", target: "/a/%2e%2E/b", host: "h.example"},
		{name: "user in the host", target: "/", host: "u@h.example"},
		{name: "blank host", target: "/", host: "a b"},
		{name: "bad port", target: "/", host: "h.example:99999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			via := make(chan string, 1)
			_, address := serve(t, dispatch(func(u uritable.URI) *binding.Listener {
				via <- u.String()
				return nil
			}), httpchan.FrontOptions{Port: c.port})
			r, err := dial(t, address).Exchange([]byte("POST "+c.target+" HTTP/1.1\r\nHost: "+c.host+"\r\nContent-Length: 0\r\n\r\n"), patience)
			require.NoError(t, err)
			if c.want == "" {
				assert.Equal(t, 400, r.Status)
				return
			}
			require.Equal(t, 404, r.Status)
			assert.Equal(t, c.want, <-via)
		})
	}
}
