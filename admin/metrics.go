package admin

import (
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Metrics counts what happens to messages. Series are made when the
// configuration is loaded, so that counting takes no look-up.
type Metrics struct {
	registry *prometheus.Registry
	messages *prometheus.CounterVec
	refused  *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	octets   *prometheus.CounterVec
	attempts *prometheus.CounterVec
	oneWay   *prometheus.CounterVec
	insecure *prometheus.GaugeVec
	reloads  prometheus.Counter
}

// NewMetrics returns metrics with the process's own figures registered.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "viaduct_messages_total", Help: "Messages by listener and outcome.",
		}, []string{"listener", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "viaduct_refused_total", Help: "Messages refused or failed, by listener and reason; the reason is also in X-Viaduct-Error and in the log.",
		}, []string{"listener", "reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "viaduct_exchange_seconds", Help: "Time from the request head to the end of the answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"listener"}),
		octets: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "viaduct_octets_total", Help: "Octets of message bodies by listener and direction.",
		}, []string{"listener", "direction"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "viaduct_attempts_total", Help: "Attempts to send a message by destination, delivery and kind of failure.",
		}, []string{"endpoint", "delivery", "kind"}),
		oneWay: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "viaduct_oneway_total", Help: "One-way messages by what became of them after they were accepted.",
		}, []string{"outcome"}),
		insecure: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "viaduct_insecure_setting", Help: "Settings in force that lower the security promises.",
		}, []string{"setting"}),
		reloads: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "viaduct_reloads_refused_total", Help: "Reloads that were refused; the configuration before them stayed in force.",
		}),
	}
	m.registry.MustRegister(m.messages, m.refused, m.seconds, m.octets, m.attempts, m.oneWay, m.insecure, m.reloads,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{oneWayDelivered, oneWayLost} {
		m.oneWay.WithLabelValues(outcome) // there from the start, so that a first loss is an increase
	}
	return m
}

// Outcomes of viaduct_oneway_total.
const (
	oneWayDelivered = "delivered"
	oneWayLost      = "lost"
)

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Gauge registers a figure that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, labels map[string]string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Gauges registers figures of one name that are read when they are asked for;
// which there are, by the value of a label, may change. read calls each once for
// every figure.
func (m *Metrics) Gauges(name, help, label string, read func(each func(value string, figure float64))) {
	m.registry.MustRegister(&gauges{prometheus.NewDesc(name, help, []string{label}, nil), read})
}

type gauges struct {
	desc *prometheus.Desc
	read func(func(string, float64))
}

func (g *gauges) Describe(c chan<- *prometheus.Desc) { c <- g.desc }

func (g *gauges) Collect(c chan<- prometheus.Metric) {
	g.read(func(value string, figure float64) {
		c <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, figure, value)
	})
}

// Counter registers a figure that only grows and is read when it is asked for.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// ReloadFailed counts a reload that was refused.
func (m *Metrics) ReloadFailed() { m.reloads.Inc() }

// Relax marks the settings in force that lower the security promises, and no
// others.
func (m *Metrics) Relax(settings []string) {
	m.insecure.Reset()
	for _, s := range settings {
		m.insecure.WithLabelValues(s).Set(1)
	}
}

// Refused counts a refusal that belongs to no listener.
func (m *Metrics) Refused(r refusal.Reason) { m.refused.WithLabelValues("", string(r)).Inc() }

// ListenerMetrics are the series of one listener.
type ListenerMetrics struct {
	reply, fault, accepted, refused prometheus.Counter
	seconds                         prometheus.Observer
	in, out                         prometheus.Counter
	delivered, lost                 prometheus.Counter
	reasons                         *prometheus.CounterVec
	attempts                        *attempts
}

// Listener returns the series of a listener.
func (m *Metrics) Listener(name string) *ListenerMetrics {
	c := func(outcome string) prometheus.Counter { return m.messages.WithLabelValues(name, outcome) }
	return &ListenerMetrics{
		reply: c("reply"), fault: c("fault"), accepted: c("accepted"), refused: c("refused"),
		delivered: m.oneWay.WithLabelValues(oneWayDelivered), lost: m.oneWay.WithLabelValues(oneWayLost),
		seconds:  m.seconds.WithLabelValues(name),
		in:       m.octets.WithLabelValues(name, "in"),
		out:      m.octets.WithLabelValues(name, "out"),
		reasons:  m.refused.MustCurryWith(prometheus.Labels{"listener": name}),
		attempts: &attempts{vec: m.attempts, good: map[string]prometheus.Counter{}},
	}
}

// Observe counts a finished exchange.
func (l *ListenerMetrics) Observe(x *binding.Exchange) {
	switch {
	case x.Fault:
		l.fault.Inc()
	case x.Reason != "":
		l.refused.Inc()
	case x.Status == http.StatusAccepted:
		l.accepted.Inc()
	default:
		l.reply.Inc()
	}
	if x.Reason != "" {
		l.reasons.WithLabelValues(string(x.Reason)).Inc()
	}
	l.seconds.Observe(x.Duration.Seconds())
	l.in.Add(float64(x.In))
	l.out.Add(float64(x.Out))
	if x.Request != nil {
		l.attempted(x.Request)
	}
}

// Delivered counts a one-way message that was accepted before: err says that it
// is lost.
func (l *ListenerMetrics) Delivered(r *binding.Request, err error) {
	l.attempted(r)
	if err == nil {
		l.delivered.Inc()
		return
	}
	l.lost.Inc()
	l.reasons.WithLabelValues(string(refusal.Of(err))).Inc()
}

func (l *ListenerMetrics) attempted(r *binding.Request) {
	for i := range r.Decision.Attempts {
		l.attempts.count(&r.Decision.Attempts[i])
	}
}

// attempts finds the series of successful attempts without a look-up by labels.
type attempts struct {
	vec  *prometheus.CounterVec
	mu   sync.RWMutex // guards good
	good map[string]prometheus.Counter
}

func (a *attempts) count(t *binding.Attempt) {
	if t.Err != nil {
		a.vec.WithLabelValues(t.Endpoint, t.Delivery.String(), t.Kind.String()).Inc()
		return
	}
	a.mu.RLock()
	c, ok := a.good[t.Endpoint]
	a.mu.RUnlock()
	if !ok {
		c = a.vec.WithLabelValues(t.Endpoint, binding.Answered.String(), "none")
		a.mu.Lock()
		a.good[t.Endpoint] = c
		a.mu.Unlock()
	}
	c.Inc()
}
