#include "common/metrics.h"

#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <utility>

namespace raft {
namespace {

prometheus::Histogram::BucketBoundaries bounds_s() {
  return {0.0001,
          0.00025,
          0.0005,
          0.001,
          0.0025,
          0.005,
          0.01,
          0.025,
          0.05,
          0.1,
          0.25,
          0.5,
          1,
          5};
}

}  // namespace

struct Metrics::Impl {
  prometheus::Labels labels;
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>* requests = nullptr;
  prometheus::Family<prometheus::Histogram>* durations = nullptr;

  // A metric is looked up by its labels in the library's own way only once.
  std::mutex mutex;
  std::map<std::pair<std::string, int>, prometheus::Counter*> counters;
  std::map<std::string, prometheus::Histogram*> histograms;
  std::map<std::string, prometheus::Gauge*> gauges;
};

Metrics::Metrics(const std::string& stage, NodeId node)
    : impl_(std::make_unique<Impl>()) {
  impl_->labels = {{"stage", stage}, {"node", std::to_string(node)}};
  impl_->requests = &prometheus::BuildCounter()
                         .Name("raft_http_requests_total")
                         .Help("Requests of clients that were answered.")
                         .Labels(impl_->labels)
                         .Register(impl_->registry);
  impl_->durations =
      &prometheus::BuildHistogram()
           .Name("raft_http_request_duration_seconds")
           .Help("From a request's arrival as a whole to its answer.")
           .Labels(impl_->labels)
           .Register(impl_->registry);
}

Metrics::~Metrics() = default;

void Metrics::count_request(const std::string& method,
                            int status,
                            double seconds) {
  const std::lock_guard lock(impl_->mutex);
  auto& counter = impl_->counters[{method, status}];
  if (counter == nullptr) {
    counter = &impl_->requests->Add(
        {{"method", method}, {"status", std::to_string(status)}});
  }
  counter->Increment();
  auto& histogram = impl_->histograms[method];
  if (histogram == nullptr) {
    histogram = &impl_->durations->Add({{"method", method}}, bounds_s());
  }
  histogram->Observe(seconds);
}

void Metrics::set(const std::string& name,
                  const std::string& help,
                  double value) {
  const std::lock_guard lock(impl_->mutex);
  auto& gauge = impl_->gauges[name];
  if (gauge == nullptr) {
    gauge = &prometheus::BuildGauge()
                 .Name("raft_" + name)
                 .Help(help)
                 .Labels(impl_->labels)
                 .Register(impl_->registry)
                 .Add({});
  }
  gauge->Set(value);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace raft
