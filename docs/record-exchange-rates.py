#!/usr/bin/env python3
"""Makes the recorded exchange rates of the local profile from the npm package @fawazahmed0/currency-api.

    npm pack @fawazahmed0/currency-api@2026.9.28 @fawazahmed0/currency-api@2026.9.29 ...
    python3 record-exchange-rates.py fawazahmed0-currency-api-*.tgz > exchange-rates.ndjson.gz

Each package holds one day. The first line of the result is an object of currency names, each further line one day, in
order. The same packages make the same bytes.
"""

import gzip
import json
import sys
import tarfile

# ISO 4217 as of 2026, without funds, test codes and currencies that are no longer in use
ISO_4217 = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP
CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XAG
XAU XCD XCG XDR XOF XPD XPF XPT YER ZAR ZMW ZWG
""".split()

# names that the package lacks or gets wrong
NAMES = {"XCG": "Caribbean Guilder", "ZWG": "Zimbabwe Gold"}


def read(package, path):
    with tarfile.open(package) as tar:
        return json.load(tar.extractfile("package/v1/" + path))


def line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


packages = {read(package, "currencies/usd.json")["date"]: package for package in sys.argv[1:]}
names, lines = {}, []
for date in sorted(packages):
    names.update(read(packages[date], "currencies.json"))
    rates = read(packages[date], "currencies/usd.json")["usd"]
    lines.append(line({"date": date, "rates": {c: rates[c.lower()] for c in ISO_4217 if c.lower() in rates}}))
names = {c: NAMES.get(c, names.get(c.lower())) for c in ISO_4217 if c in NAMES or c.lower() in names}
data = (line(names) + "".join(lines)).encode()
sys.stdout.buffer.write(gzip.compress(data, 9, mtime=0))
