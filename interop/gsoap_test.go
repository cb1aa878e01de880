//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// gsoapBuild names the build of the gSOAP sample for one kind of addressing;
// its headers are compiled in.
func gsoapBuild(addressing string) string {
	return map[string]string{"": "sample", "1.0": "sample10", "2004": "sample2004"}[addressing]
}

// jobLines writes a job as interop/peers/gsoap/client.cpp reads it.
func jobLines(j job) ([]byte, error) {
	var b strings.Builder
	b.WriteString(j.Version + "\n")
	for _, c := range j.Calls {
		to := c.URL
		if to == "" {
			to = j.URL
		}
		fields := []string{c.Operation, strconv.Itoa(max(c.Repeat, 1)), to}
		for _, name := range []string{"text", "a", "b", "reason", "key", "data"} {
			if v, ok := c.Args[name]; ok {
				fields = append(fields, fmt.Sprint(v))
			}
		}
		for i, f := range fields {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(url.PathEscape(f))
		}
		b.WriteByte('\n')
	}
	return []byte(b.String()), nil
}

// resultsLines reads what it writes.
func resultsLines(b []byte) ([]result, error) {
	var all []result
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i := range f {
			var err error
			if f[i], err = url.PathUnescape(f[i]); err != nil {
				return nil, err
			}
		}
		if len(f) < 3 || f[0] == "fault" && len(f) != 7 {
			return nil, fmt.Errorf("line %q", line)
		}
		var r result
		var err error
		if r.Same, err = strconv.Atoi(f[1]); err != nil {
			return nil, err
		}
		switch f[0] {
		case "value":
			r.Value, err = json.Marshal(f[2])
		case "fault":
			r.Fault = &fault{String: f[4], Detail: f[5] + " " + f[6]}
			r.Fault.Code, err = json.Marshal(f[2:4])
		case "error":
			r.Error = f[2]
		default:
			err = fmt.Errorf("line %q", line)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
