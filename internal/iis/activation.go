package iis

import (
	"regexp"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Activation says that a service is started at a path below its application.
type Activation struct {
	Path    string // dir/orders.svc, without leading slash
	Service string // name of the service: the type before the first comma
	Factory string
	Pos     source.Pos
}

// extensions are those of files that WCF's handlers know.
var extensions = []string{".svc", ".xamlx"}

// ActivationPath checks relativeAddress of a serviceActivations item and gives
// the path below the application (spec wcf-config 6, dispatch 9.5). The error is
// *Error with the identifier of the rule.
func ActivationPath(relative string) (string, error) {
	path := strings.TrimSpace(relative)
	if len(path) < 3 {
		return "", fail("Hosting_RelativeAddressFormatError", "relativeAddress %q is too short; write a path such as orders.svc", relative)
	}
	if path[0] == '/' || path[0] == '\\' {
		return "", fail("Hosting_NoAbsoluteRelativeAddress", "relativeAddress %q begins with a slash; write it from the application on, such as ~/orders.svc", relative)
	}
	path = strings.TrimPrefix(strings.ReplaceAll(path, `\`, "/"), "~/")
	var segments []string
	for s := range strings.SplitSeq(path, "/") {
		s = strings.TrimSpace(s) // Windows has no names with blanks around
		switch {
		case s == "" || s == ".":
		case s == ".." && len(segments) == 0:
			return "", fail("Hosting_RelativeAddressFormatError", "relativeAddress %q leads out of the application", relative)
		case s == "..":
			segments = segments[:len(segments)-1]
		default:
			segments = append(segments, s)
		}
	}
	if len(segments) == 0 {
		return "", fail("Hosting_RelativeAddressFormatError", "relativeAddress %q names no file; write a path such as orders.svc", relative)
	}
	last := segments[len(segments)-1]
	dot := strings.LastIndexByte(last, '.')
	if dot < 0 || dot == len(last)-1 {
		return "", fail("Hosting_NoValidExtensionFoundForRegistedFilelessService", "relativeAddress %q has no extension; let it end in .svc", relative)
	}
	if !slices.Contains(extensions, strings.ToLower(last[dot:])) {
		return "", fail("Hosting_RelativeAddressExtensionNotSupportError", "relativeAddress %q ends in %s; let it end in .svc or .xamlx", relative, last[dot:])
	}
	return strings.Join(segments, "/"), nil
}

// ServiceName is the name of a service out of a type: the part before the first
// comma.
func ServiceName(typ string) string {
	name, _, _ := strings.Cut(typ, ",")
	return strings.TrimSpace(name)
}

var (
	directive = regexp.MustCompile(`(?is)<%@\s*ServiceHost\s(.*?)%>`)
	item      = regexp.MustCompile(`(?s)([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// ParseServiceFile reads the ServiceHost directive of a service file (.svc,
// dispatch 9.5). It gives ErrNoDirective where there is none, and *Error
// (Hosting_NoServiceAndFactorySpecifiedForFilelessService) where the directive
// names neither a service nor a factory.
func ParseServiceFile(data []byte) (service, factory string, err error) {
	m := directive.FindSubmatch(data)
	if m == nil {
		return "", "", ErrNoDirective
	}
	for _, x := range item.FindAllSubmatch(m[1], -1) {
		value := string(x[2]) + string(x[3])
		switch strings.ToLower(string(x[1])) {
		case "service":
			service = ServiceName(value)
		case "factory":
			factory = ServiceName(value)
		}
	}
	if service == "" && factory == "" {
		return "", "", fail("Hosting_NoServiceAndFactorySpecifiedForFilelessService", "the ServiceHost directive names no service; add Service=\"...\"")
	}
	return service, factory, nil
}
