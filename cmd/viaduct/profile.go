//go:build profile

package main

import (
	"log"
	"net/http"
	"net/http/pprof"
	"os"
	"time"
)

// profileAddress serves profiles in builds made for measuring: go build -tags
// profile. Ordinary builds hold none of it.
var profileAddress = serveProfiles(os.Getenv("VIADUCT_PPROF"))

func serveProfiles(address string) string {
	if address == "" {
		return ""
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	s := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Print(s.ListenAndServe()) }()
	return address
}
