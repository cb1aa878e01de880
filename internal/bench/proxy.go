package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// proxy is one contender.
type proxy struct {
	name  string
	about string // what stands under the table
	needs string // program that must be installed
	pkg   string // Debian package that has it
	start func(ctx context.Context, b *bench, addr string) (*process, error)
	path  string // that the load generator asks for

	addr string   // while it runs
	proc *process // nil for direct
}

// proxies returns all contenders in the order of a round.
func proxies() []*proxy {
	return []*proxy{
		{name: "viaduct", path: "/bench", about: "routed by the Action header, the last of 16 filters; metrics, access log, throttle and timeouts on", start: viaductStarter(headerTable)},
		{name: "viaduct-all", path: "/bench", about: "the same with one MatchAll filter", start: viaductStarter(matchAllTable)},
		{name: "viaduct-body", path: "/bench", about: "routed by XPath over the body, the last of 16 filters; the structure of the body is checked to its end", start: viaductStarter(bodyTable)},
		{name: "nginx", path: pathAnswer, about: "2 workers, unbuffered both ways, client_body_buffer_size 128k (its default costs more at 100 kB), keep-alive upstream, access log to a file", needs: "nginx", pkg: "nginx-light", start: startNginx},
		{name: "haproxy", path: pathAnswer, about: "nbthread 2, http-reuse always, log to a file", needs: "haproxy", pkg: "haproxy", start: haproxyStarter(2)},
		{name: "haproxy-1", path: pathAnswer, about: "the same with nbthread 1", needs: "haproxy", pkg: "haproxy", start: haproxyStarter(1)},
		{name: "reverseproxy", path: pathAnswer, about: "httputil.ReverseProxy, reads nothing of the message, no log", start: startReverseProxy},
		{name: "direct", path: pathAnswer, about: "the back end without a proxy"},
	}
}

// run starts a contender and waits until it listens.
func (x *proxy) run(ctx context.Context, b *bench) error {
	if x.start == nil {
		x.addr = b.backend
		return nil
	}
	if x.needs != "" {
		if _, err := exec.LookPath(x.needs); err != nil {
			return fmt.Errorf("%s is not installed: install the Debian package %s, or leave %s out with -proxies", x.needs, x.pkg, x.name)
		}
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	if x.proc, err = x.start(ctx, b, addr); err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	x.addr = addr
	b.own(x.proc)
	return x.proc.listening(ctx, addr)
}

func startReverseProxy(ctx context.Context, b *bench, addr string) (*process, error) {
	return start(ctx, b.dir, "reverseproxy", b.self, "-role=reverseproxy", "-addr="+addr, "-target="+b.backend)
}

const nginxConfig = `daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx-error.log;
%[2]s
worker_processes 2;
events { worker_connections 8192; }
http {
  access_log %[1]s/nginx-access.log combined;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  client_max_body_size 0;
  client_body_buffer_size 128k;
  keepalive_requests 1000000000;
  upstream backend { server %[4]s; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen %[3]s;
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
    }
  }
}
`

func startNginx(ctx context.Context, b *bench, addr string) (*process, error) {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	file := filepath.Join(b.dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, b.dir, user, addr, b.backend), 0o600); err != nil {
		return nil, err
	}
	return start(ctx, b.dir, "nginx", "nginx", "-p", b.dir, "-c", file)
}

const haproxyConfig = `global
  nbthread %[1]d
  maxconn 8192
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind %[2]s
  default_backend out
backend out
  server backend %[3]s pool-max-conn -1
`

func haproxyStarter(threads int) func(context.Context, *bench, string) (*process, error) {
	return func(ctx context.Context, b *bench, addr string) (*process, error) {
		name := fmt.Sprintf("haproxy-%d", threads)
		file := filepath.Join(b.dir, name+".cfg")
		if err := os.WriteFile(file, fmt.Appendf(nil, haproxyConfig, threads, addr, b.backend), 0o600); err != nil {
			return nil, err
		}
		return start(ctx, b.dir, name, "haproxy", "-db", "-f", file)
	}
}

// freeAddr returns a 127.0.0.1:PORT on which nothing listens.
func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}
