package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/proposal"
	"github.com/viaduct-soap/viaduct/internal/report"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// initOptions are the flags of init.
type initOptions struct {
	output, forward  string
	certificate, key string
	force            bool
	load             configs.LoadOptions
}

func newInit(s streams) *cobra.Command {
	var o initOptions
	c := &cobra.Command{
		Use:   "init FILE.config",
		Short: "Write the settings file that a configuration needs",
		Long: `Init finds out what keeps FILE.config from running and writes viaduct.yaml
beside it: what stands for each .NET service, sockets and a certificate for https,
third-party elements to leave out, endpoints that cannot be served. Each entry is a
decision of yours, with its reason as a comment; serve runs with the file as it is.

A service goes to the client endpoint with the same contract, else to --forward,
else to the built-in echo, which stands in until you name the real one. For https
a certificate is made that no client trusts, unless you name one.

The exit code is 1 when something is left that no setting resolves.`,
		Example: `  viaduct init web.config
  viaduct init web.config --forward http://orders.internal:8080/orders`,
		Args: exactly(1, "one configuration file"),
		RunE: func(_ *cobra.Command, args []string) error { return initialize(s, args[0], &o) },
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "file to write, - for standard output; default: viaduct.yaml beside FILE.config")
	f.StringVar(&o.forward, "forward", "", "URL that services go to for which the file has no client endpoint")
	f.StringVar(&o.certificate, "certificate", "", "PEM file with the certificate of https sockets")
	f.StringVar(&o.key, "key", "", "PEM file with its key")
	f.BoolVar(&o.force, "force", false, "overwrite the file")
	loadFlags(f, &o.load)
	return c
}

func initialize(s streams, file string, o *initOptions) error {
	if (o.certificate == "") != (o.key == "") {
		return usageError{errors.New("--certificate and --key go together")}
	}
	if o.forward != "" {
		if u, err := uritable.Parse(o.forward); err != nil || u.Scheme() != "http" && u.Scheme() != "https" {
			return usageError{fmt.Errorf("--forward %q is no http or https URL", o.forward)}
		}
	}
	if err := isFile(file); err != nil {
		return err
	}
	if o.certificate != "" {
		if _, err := tls.LoadX509KeyPair(o.certificate, o.key); err != nil {
			return fmt.Errorf("--certificate %s --key %s: %w", o.certificate, o.key, err)
		}
	}
	if o.output == "-" {
		return o.show(s, file)
	}
	output := cmp.Or(o.output, filepath.Join(filepath.Dir(file), settings.FileName))
	switch info, err := os.Stat(output); {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a directory; name the file to write, such as %s", output, filepath.Join(output, settings.FileName))
	case err == nil && !o.force:
		return fmt.Errorf("%s exists; --force overwrites it, --output - prints the proposal", output)
	}
	if _, err := os.Stat(filepath.Dir(output)); err != nil {
		return fileError(filepath.Dir(output), err)
	}
	own, err := o.proposal(filepath.Dir(output))
	if err != nil {
		return err
	}
	if own.Certificate != o.certificate {
		own.Prepare = func(hosts []string) error { return makeCertificate(s, own, hosts) }
	}
	p, err := proposal.Make(file, own)
	if err != nil {
		return err
	}
	if p.Empty && len(p.Open) > 0 {
		return left(s, p, "no settings would make it run, and none were written")
	}
	if err := os.WriteFile(output, p.YAML, 0o600); err != nil {
		return fileError(output, err)
	}
	with := file
	if found, err := settings.Find(settings.Overrides{}, file); err != nil || !sameFile(found, output) {
		with += " --settings " + output
	}
	if _, err := fmt.Fprintf(s.out, "wrote %s; read it, then run \"viaduct check %s\" and \"viaduct serve %[2]s\"\n", output, with); err != nil {
		return err
	}
	return left(s, p, "")
}

// allLeftOut says why a proposal with decisions serves nothing.
const allLeftOut = "the settings leave everything out, each with its reason; name what stands behind the services with --forward"

// show prints the proposal. No certificate stays behind that nobody asked for.
func (o *initOptions) show(s streams, file string) error {
	dir, err := os.MkdirTemp("", "viaduct-init-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	own, err := o.proposal(dir)
	if err != nil {
		return err
	}
	if own.Certificate != o.certificate {
		own.Prepare = func(hosts []string) error {
			fmt.Fprintf(s.err, "viaduct: %s and %s are not made for a proposal that is only printed\n", certificateName, keyName)
			return makeCertificate(streams{err: io.Discard}, own, hosts)
		}
	}
	p, err := proposal.Make(file, own)
	if err != nil {
		return err
	}
	if _, err := s.out.Write(bytes.ReplaceAll(p.YAML, []byte(dir+string(filepath.Separator)), nil)); err != nil {
		return err
	}
	return left(s, p, "")
}

// names of what is made for https.
const (
	certificateName = "viaduct-cert.pem"
	keyName         = "viaduct-key.pem"
)

// proposal gives the options of a proposal whose files are in dir. The settings
// name files from the working directory of serve, which may be another: so they
// are absolute, unless all is done in one directory.
func (o *initOptions) proposal(dir string) (proposal.Options, error) {
	own := proposal.Options{Forward: o.forward, Certificate: o.certificate, Key: o.key, Load: o.load}
	if own.Certificate != "" {
		return own, nil
	}
	if filepath.Clean(dir) != "." {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return own, err
		}
	}
	own.Certificate, own.Key = filepath.Join(dir, certificateName), filepath.Join(dir, keyName)
	return own, nil
}

// left tells what no setting resolves.
func left(s streams, p *proposal.Proposal, consequence string) error {
	for _, f := range p.Open {
		fmt.Fprintln(s.err, report.Visible(f.Pos.String()+": "+f.Text))
	}
	if !p.Empty && slices.ContainsFunc(p.Open, func(f assemble.Finding) bool { return f.Code == assemble.CodeNoEndpoint }) {
		consequence = allLeftOut
	}
	switch n := len(p.Open); {
	case n == 0:
		return nil
	case n == 1:
		fmt.Fprint(s.err, "viaduct: 1 finding is left that no setting resolves")
	default:
		fmt.Fprintf(s.err, "viaduct: %d findings are left that no setting resolves", n)
	}
	if consequence != "" {
		fmt.Fprint(s.err, "; ", consequence)
	}
	fmt.Fprintln(s.err)
	return errFindings
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// makeCertificate writes a certificate for the hosts of https endpoints, unless
// there is one already.
func makeCertificate(s streams, o proposal.Options, hosts []string) error {
	if _, err := os.Stat(o.Certificate); err == nil {
		return nil
	}
	certificate, key, err := proposal.Certificate(hosts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.Key, key, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(o.Certificate, certificate, 0o644); err != nil { //nolint:gosec // a certificate is public
		return err
	}
	_, err = fmt.Fprintf(s.err, "wrote %s and %s\n", o.Certificate, o.Key)
	return err
}
