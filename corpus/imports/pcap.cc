// Packet captures, by way of libpcap, which is loaded when the first one is read: it brings a dozen
// libraries along that nobody else needs.
#include <dlfcn.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include "corpus/imports/conversations.h"
#include "corpus/imports/formats.h"

namespace crashreel {
namespace {

constexpr char kLibrary[] = "libpcap.so.0.8";
constexpr std::size_t kPortsShown = 3;

struct Pcap {
  decltype(&::pcap_fopen_offline_with_tstamp_precision) open = nullptr;
  decltype(&::pcap_next_ex) next = nullptr;
  decltype(&::pcap_datalink) link = nullptr;
  decltype(&::pcap_geterr) error = nullptr;
  decltype(&::pcap_close) close = nullptr;
};

Result<Pcap> load_pcap() {
  void* library = ::dlopen(kLibrary, RTLD_NOW);
  if (library == nullptr)
    return Error{Trouble::kEnvironment, std::string(kLibrary) +
                                            ": can't be loaded, and packet captures are read by "
                                            "it; install the package libpcap0.8"};
  Pcap pcap;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(::dlsym(library, name));
    return function != nullptr;
  };
  const bool whole = find(pcap.open, "pcap_fopen_offline_with_tstamp_precision") &&
                     find(pcap.next, "pcap_next_ex") && find(pcap.link, "pcap_datalink") &&
                     find(pcap.error, "pcap_geterr") && find(pcap.close, "pcap_close");
  if (whole) return pcap;
  return Error{Trouble::kEnvironment,
               std::string(kLibrary) + ": is too old; install libpcap 1.5 or later"};
}

// What else the capture has: for whoever named the wrong port.
std::string ports_text(const std::map<std::uint16_t, std::uint64_t>& seen) {
  std::vector<std::pair<std::uint64_t, std::uint16_t>> ports;
  for (const auto& [port, packets] : seen) ports.emplace_back(packets, port);
  std::sort(ports.rbegin(), ports.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min(ports.size(), kPortsShown); ++i)
    text += (i == 0 ? "; it has packets to port " : ", ") + std::to_string(ports[i].second) + " (" +
            std::to_string(ports[i].first) + ")";
  return text;
}

class CaptureReader {
 public:
  CaptureReader(const Pcap& pcap, pcap_t* capture, const ImportSettings& settings)
      : pcap_(pcap), capture_(capture), port_(settings.port), conversations_(settings.port) {}
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;
  ~CaptureReader() { pcap_.close(capture_); }

  Result<ImportedInputs> read(const std::string& name) {
    const int link = pcap_.link(capture_);
    if (!is_known_link(link))
      return Error{Trouble::kUsage, name + ": link type " + std::to_string(link) +
                                        " is not understood; capture with 'tcpdump -i any'"};
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    int more = 0;
    while ((more = pcap_.next(capture_, &header, &bytes)) == 1)
      take(link, *header, {reinterpret_cast<const char*>(bytes), header->caplen});
    conversations_.finish();
    ImportedInputs imported;
    imported.inputs = conversations_.take_inputs();
    imported.start_realtime_ns = start_ns_;
    if (more == PCAP_ERROR)
      note(imported, std::string("the capture ends early: ") + pcap_.error(capture_));
    if (imported.inputs.empty())
      return Error{Trouble::kUsage, name + ": no packet brings anything to port " +
                                        std::to_string(port_) + ports_text(seen_)};
    add_notes(imported);
    return imported;
  }

 private:
  void take(int link, const pcap_pkthdr& header, std::string_view bytes) {
    // Asked for in nanoseconds, they are where microseconds stand. Hostile ones may be anything.
    const std::uint64_t now =
        static_cast<std::uint64_t>(std::max<std::int64_t>(header.ts.tv_sec, 0) %
                                   (std::int64_t{1} << 33)) *
            kSecondNs +
        static_cast<std::uint64_t>(header.ts.tv_usec) % kSecondNs;
    const std::optional<CapturedPacket> packet = decode_packet(link, bytes);
    if (!packet) {
      ++undecoded_;
      return;
    }
    fragments_ += packet->kind == CapturedPacket::Kind::kFragment ? 1 : 0;
    const bool transport =
        packet->kind == CapturedPacket::Kind::kTcp || packet->kind == CapturedPacket::Kind::kUdp;
    if (!transport) return;
    if (!packet->payload.empty()) ++seen_[packet->to_port];
    if (packet->to_port == port_ && conversations_.packets() == 0) start_ns_ = now;
    conversations_.add(*packet, now < start_ns_ ? 0 : now - start_ns_);
  }

  static void note(ImportedInputs& imported, std::string text) {
    imported.notes.push_back(std::move(text));
  }
  void add_notes(ImportedInputs& imported) const {
    if (conversations_.missing_bytes() > 0)
      note(imported, std::to_string(conversations_.missing_bytes()) +
                         " bytes were not captured and are missing from the inputs");
    if (fragments_ > 0)
      note(imported, std::to_string(fragments_) + " fragments of IP packets were passed over");
    if (undecoded_ > 0)
      note(imported, std::to_string(undecoded_) + " packets are no whole IP and were passed over");
  }

  const Pcap& pcap_;
  pcap_t* capture_;
  std::uint16_t port_;
  Conversations conversations_;
  std::uint64_t start_ns_ = 0;
  std::uint64_t undecoded_ = 0;
  std::uint64_t fragments_ = 0;
  std::map<std::uint16_t, std::uint64_t> seen_;
};

}  // namespace

Result<ImportedInputs> import_pcap(std::string_view bytes, const std::string& name,
                                   const ImportSettings& settings) {
  if (settings.port == 0)
    return Error{
        Trouble::kUsage,
        name + ": a capture has both sides of many conversations; say '--port' of the server"};
  if (bytes.empty()) return Error{Trouble::kUsage, name + ": is empty and no packet capture"};
  const Result<Pcap> pcap = load_pcap();
  if (!pcap) return pcap.error();
  // Read only, though its type does not say so.
  FILE* file = ::fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb");
  if (file == nullptr)
    return Error{Trouble::kEnvironment,
                 name + ": can't be opened in memory: " + std::strerror(errno) + "; free some"};
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t* capture = pcap->open(file, PCAP_TSTAMP_PRECISION_NANO, error);
  if (capture == nullptr) {
    std::fclose(file);
    return Error{Trouble::kUsage,
                 name + ": is no packet capture: " + error + "; 'tcpdump -w FILE' writes one"};
  }
  return CaptureReader(*pcap, capture, settings).read(name);
}

}  // namespace crashreel
