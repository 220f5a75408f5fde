import { type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const EVEN = 'Raw(b"0123456789abcdef")';
const ODD = 'Raw(b"0123456789abcde")';
const SCTP_DATA = 'SCTP(sport=7, dport=9, tag=1)/SCTPChunkData(tsn=1, data="payload")';

const CASES: PacketCase[] = (["v4", "v6"] as const).flatMap((ip): PacketCase[] => {
  const [over, protocol] = ip === "v4" ? ["IPv4", "proto"] : ["IPv6", "nh"];
  return [
    {
      title: `TCP with a bad checksum over ${over}`,
      packet: `${ip}()/TCP(flags="A", chksum=0x1234)/${EVEN}`,
      expect: "forwarded",
    },
    {
      title: `TCP with checksum zero over ${over}`,
      packet: `${ip}()/TCP(flags="A", chksum=0)/${EVEN}`,
      expect: "forwarded",
    },
    {
      title: `UDP with a bad checksum over ${over}`,
      packet: `${ip}()/UDP(chksum=0x1234)/${EVEN}`,
      expect: "forwarded",
    },
    {
      title: `UDP without a checksum over ${over}`,
      packet: `${ip}()/UDP(chksum=0)/${EVEN}`,
      expect: "forwarded",
    },
    {
      title: `TCP cut off before its checksum over ${over}`,
      packet: `${ip}(${protocol}=6)/Raw(bytes(TCP())[:16])`,
      expect: "forwarded",
    },
    {
      title: `TCP as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/TCP(flags="A")/${EVEN})`,
      expect: "completed",
    },
    {
      title: `TCP of odd length as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/TCP(flags="A", options=[("MSS", 1440)])/${ODD})`,
      expect: "completed",
    },
    {
      title: `UDP as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/UDP()/${EVEN})`,
      expect: "completed",
    },
    {
      title: `UDP of odd length with Ethernet padding as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/UDP()/${ODD})/Padding(b"not part of it")`,
      expect: "completed",
    },
    {
      title: `UDP without payload as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/UDP())`,
      expect: "completed",
    },
    {
      title: `UDP whose sum is zero as a local sender leaves it over ${over}`,
      packet: `partial(zero_sum(${ip}()/UDP()/Raw(bytes(8))))`,
      expect: "completed",
    },
    {
      title: `UDP of 1400 bytes as a local sender leaves it over ${over}`,
      packet: `partial(${ip}()/UDP()/Raw(bytes(range(200)) * 7))`,
      expect: "completed",
    },
    {
      title: `SCTP with its CRC32c over ${over}`,
      packet: `${ip}()/${SCTP_DATA}`,
      expect: "forwarded",
    },
    {
      title: `SCTP with a bad CRC32c over ${over}`,
      packet: `${ip}()/${SCTP_DATA.replace("tag=1", "tag=1, chksum=0x12345678")}`,
      expect: "forwarded",
    },
    {
      title: `SCTP without its CRC32c over ${over}`,
      packet: `${ip}()/${SCTP_DATA.replace("tag=1", "tag=1, chksum=0")}`,
      expect: "completed",
    },
    {
      title: `SCTP cut off in its header over ${over}`,
      packet: `${ip}(${protocol}=132)/Raw(bytes(11))`,
      expect: "forwarded",
    },
  ];
});

CASES.push(
  {
    title: "TCP behind IPv4 options as a local sender leaves it",
    packet: `partial(v4(options=[IPOption_NOP()] * 8)/TCP(flags="A")/${ODD})`,
    expect: "completed",
  },
  {
    title: "UDP behind IPv6 extension headers as a local sender leaves it",
    packet: `partial(v6()/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(10))])/UDP()/${ODD})`,
    expect: "completed",
  },
  {
    title: "SCTP behind an IPv6 extension header without its CRC32c",
    packet: `v6()/IPv6ExtHdrDestOpt()/${SCTP_DATA.replace("tag=1", "tag=1, chksum=0")}`,
    expect: "completed",
  },
  {
    title: "A first fragment of UDP whose checksum field looks like a local sender's",
    packet: `partial(v4(id=9, flags="MF")/UDP()/${EVEN})`,
    expect: "forwarded",
  },
  {
    title: "An ICMP message with a bad checksum",
    packet: `v4()/ICMP(type=8, chksum=0x1234)/${EVEN}`,
    expect: "forwarded",
  },
);

packetTable(CASES);
