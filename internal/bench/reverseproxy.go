package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// serveReverseProxy is the role "reverseproxy": httputil.ReverseProxy as a
// careful user sets it up, with enough idle connections. It writes no log and
// reads nothing of the message.
func serveReverseProxy(ctx context.Context, addr, target string) error {
	u, err := url.Parse("http://" + target)
	if err != nil {
		return err
	}
	transport := &http.Transport{
		MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true,
		DialContext: (&net.Dialer{}).DialContext,
	}
	server := &http.Server{
		Addr:              addr,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: &httputil.ReverseProxy{
			Transport: transport,
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u) },
		},
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	return server.ListenAndServe()
}
