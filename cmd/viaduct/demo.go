package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

//go:embed demo/services.config
var demoServices string

//go:embed demo/services.yaml
var demoServicesSettings string

//go:embed demo/router.config
var demoRouter string

// demoPorts are the ports in the demo's files: router, calculator, echo, and one
// on which nobody listens.
var demoPorts = []int{9000, 9001, 9002, 9009}

func newDemo(s streams) *cobra.Command {
	var once bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start a router and two services, send messages, show each decision",
		Long: `Demo runs two sample services and a RoutingService in front of them, all on
loopback and in this process. It sends a few messages through the router, prints
what was decided for each and why, and then stays up until Ctrl-C.`,
		Args: exactly(0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error { return demo(c.Context(), s, once) },
	}
	c.Flags().BoolVar(&once, "once", false, "end after the messages instead of staying up")
	return c
}

// demoMessage is one message of the demo.
type demoMessage struct {
	title, path, binding, action, body string
}

var demoMessages = []demoMessage{
	{
		"An old client adds two numbers. The calculator's first address is dead; its backup list takes over.",
		"/router", "basicHttpBinding", "urn:demo/ICalculator/Add",
		`<Add xmlns="urn:demo"><n1>100</n1><n2>15.99</n2></Add>`,
	},
	{
		"The same client sends something else: the endpoint it came in on decides.",
		"/router", "basicHttpBinding", "urn:demo/IEcho/Say",
		`<Say xmlns="urn:demo">Grüße aus Köln</Say>`,
	},
	{
		"A new client speaks SOAP 1.2 with WS-Addressing; To is rewritten, the body stays as it is.",
		"/router/ws", "wsHttpBinding", "urn:demo/IEcho/Say",
		`<d:Say xmlns:d="urn:demo"><!-- kept --> 1 &lt; 2 </d:Say>`,
	},
	{
		"A calculation that cannot be done: the service's fault comes back as it is, and is no reason to try a backup.",
		"/router", "basicHttpBinding", "urn:demo/ICalculator/Add",
		`<Divide xmlns="urn:demo"><n1>22</n1><n2>0</n2></Divide>`,
	},
}

func demo(ctx context.Context, s streams, once bool) error {
	ports, err := freePorts(ctx, demoPorts)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	var d decisions
	if err := demoProgram(ctx, g, "services.config", ports.in(demoServices), demoServicesSettings, nil); err != nil {
		return err
	}
	if err := demoProgram(ctx, g, "router.config", ports.in(demoRouter), "", d.add); err != nil {
		return err
	}
	g.Go(func() error {
		err := sendDemo(ctx, s, ports, &d)
		if err != nil || once {
			cancel()
			return err
		}
		router := fmt.Sprintf("http://127.0.0.1:%d/router", ports[0])
		fmt.Fprintf(s.out, "The router stays up at %s until Ctrl-C. In another terminal:\n\n", router)
		fmt.Fprintf(s.out, "  echo '%s' |\n    viaduct call %s --binding basicHttpBinding --action urn:demo/IEcho/Say\n\n",
			`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Hello/></s:Body></s:Envelope>`, router)
		return nil
	})
	return g.Wait()
}

// demoProgram starts a program and returns when it listens.
func demoProgram(ctx context.Context, g *errgroup.Group, name, config, yaml string, observe func(*binding.Exchange)) error {
	f, err := configs.Parse(name, []byte(config))
	if err != nil {
		return err
	}
	set, err := settings.Parse(strings.TrimSuffix(name, ".config")+".yaml", []byte(yaml), settings.Overrides{})
	if err != nil {
		return err
	}
	p, err := assemble.Build(f, set, assemble.Options{Log: slog.New(slog.DiscardHandler), NoAdmin: true, Observe: observe})
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	failed := make(chan error, 1)
	g.Go(func() error {
		err := p.Run(ctx, func() { close(ready) })
		failed <- err
		return err
	})
	select {
	case <-ready:
		return nil
	case err := <-failed:
		return err
	}
}

func sendDemo(ctx context.Context, s streams, ports portMap, d *decisions) error {
	for i, m := range demoMessages {
		url := fmt.Sprintf("http://127.0.0.1:%d%s", ports[0], m.path)
		answer, err := call(ctx, callOptions{
			url: url, binding: m.binding, action: m.action, to: url, body: m.body,
		})
		if err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
		fmt.Fprintf(s.out, "%d. %s\n\n", i+1, m.title)
		fmt.Fprintf(s.out, "   POST %s  action %s\n   %s\n", url, m.action, m.body)
		fmt.Fprintf(s.out, "   -> %s\n\n", strings.TrimSpace(answer.summary()))
		for line := range strings.Lines(d.take(ctx)) {
			fmt.Fprint(s.out, "     ", line)
		}
		fmt.Fprintln(s.out)
	}
	return nil
}

// decisions collects what the router decided.
type decisions struct {
	once sync.Once
	c    chan string
}

func (d *decisions) channel() chan string {
	d.once.Do(func() { d.c = make(chan string, 1) })
	return d.c
}

// add notes a decision when somebody waits for one: the demo stays up.
func (d *decisions) add(x *binding.Exchange) {
	text := "no decision\n"
	if x.Request != nil {
		text = x.Request.Decision.String()
	}
	select {
	case d.channel() <- text:
	default:
	}
}

func (d *decisions) take(ctx context.Context) string {
	select {
	case text := <-d.channel():
		return text
	case <-ctx.Done():
		return ""
	}
}

// portMap holds the ports in use, in the order of demoPorts.
type portMap []int

// in replaces the ports of a demo file.
func (p portMap) in(config string) string {
	pairs := make([]string, 0, 2*len(p))
	for i, port := range p {
		pairs = append(pairs, ":"+strconv.Itoa(demoPorts[i])+"/", ":"+strconv.Itoa(port)+"/")
	}
	return strings.NewReplacer(pairs...).Replace(config)
}

// freePorts returns the wanted ports, or others where one of them is taken.
func freePorts(ctx context.Context, wanted []int) (portMap, error) {
	var lc net.ListenConfig
	ports := make(portMap, 0, len(wanted))
	var open []net.Listener
	defer func() {
		for _, l := range open {
			_ = l.Close() // only looked for a free port
		}
	}()
	for _, w := range wanted {
		l, err := lc.Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(w))
		if err != nil {
			l, err = lc.Listen(ctx, "tcp", "127.0.0.1:0")
		}
		if err != nil {
			return nil, err
		}
		open = append(open, l)
		a, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			return nil, errors.New("a TCP listener has no TCP address")
		}
		ports = append(ports, a.Port)
	}
	return ports, nil
}
