package settings

import (
	"errors"
	"strconv"
	"strings"
)

// Site is a site binding of IIS (wcf-config, 8: bindingInformation).
type Site struct {
	Scheme string // http or https
	IP     string // "" and * = every address; WCF does not look at it
	Port   int
	Host   string // "" and * = every host, after all others; + = every host, before all others
}

// String gives the binding as IIS writes it.
func (s Site) String() string {
	return s.Scheme + " " + s.IP + ":" + strconv.Itoa(s.Port) + ":" + s.Host
}

// parseSite reads protocol, blank, ip:port:host. The ip may hold colons inside
// of brackets.
func parseSite(_ *Row, text string) (Site, error) {
	wrong := errors.New(`use "http *:80:", or "https *:443:shop.example", in quotation marks: protocol, IP:port:host`)
	protocol, info, ok := strings.Cut(text, " ")
	s := Site{Scheme: strings.ToLower(protocol)}
	if !ok {
		return s, wrong
	}
	if s.Scheme != "http" && s.Scheme != "https" {
		return s, errors.New("site bindings are served for http and https only")
	}
	ip, rest, ok := strings.Cut(info, ":")
	if strings.HasPrefix(info, "[") {
		ip, rest, ok = strings.Cut(info, "]:")
		ip += "]"
	}
	port, host, two := strings.Cut(rest, ":")
	if !ok || !two || strings.ContainsAny(host, ":/ ") {
		return s, wrong
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return s, errors.New("the port of a site binding is a number from 1 to 65535")
	}
	s.IP, s.Port, s.Host = ip, int(n), strings.ToLower(host)
	return s, nil
}
