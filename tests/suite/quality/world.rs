//! A small world: beside each record that has an issue there is one that nearly has it.

/// The files.
const FILES: &[(&str, &str)] = &[
    (
        "countries.csv",
        "key,name,language,alpha3,numeric,visibility\nFI,Finland,en,FIN,246,public\nCN,China,en,CHN,156,public\n",
    ),
    (
        "cities.csv",
        "key,name,language,kind,country,parent,visibility
helsinki,Helsinki,en,city,FI,,public
espoo,Espoo,en,city,FI,,public
shanghai,Shanghai,en,city,CN,,public
pudong,Pudong,en,district,CN,shanghai,public
secret-city,Secret city,en,city,CN,,internal
",
    ),
    (
        "organizations.csv",
        "key,name,language,kind,founded,dissolved,visibility
short-lived,Short-lived,en,association,2000-05-01,2013-01-14,public
lasting,Lasting,en,association,,,public
secret,Secret,en,association,2005,2006,internal
",
    ),
    (
        "officials.csv",
        "key,name,language,visibility\na,A,und,public\nb,B,und,public\nc,C,und,public\nd,D,und,public\ne,E,und,public
f,F,und,public\ng,G,und,public\nh,H,und,public\ni,I,und,public\nj,J,und,public\nk,K,und,public\n",
    ),
    // In the order of the officials: a names too little; b, h and j are at two places; the others are nearly so.
    (
        "positions.csv",
        "key,official,title,language,organization,city,start,end,as_of,visibility
a-placeless,a,Mayor,en,,,,,2019-05-01,public
a-undated,a,Mayor,en,,helsinki,,,,public
a-of-secret,a,Mayor,en,secret,,,,2012,public
a-in-secret-city,a,Mayor,en,,secret-city,,,2012,public
a-of-organization,a,Chair,en,lasting,,,,2012,public
a-in-city,a,Mayor,en,,helsinki,,2013,,public
a-before-founded,a,Chair,en,short-lived,,2000-04-30,,,public
a-when-founded,a,Chair,en,short-lived,,2000,,,public
a-after-dissolved,a,Chair,en,short-lived,,,2014,,public
b-long,b,Mayor,en,,helsinki,2010-01-01,2015-01-01,,public
b-attested,b,Mayor,en,,shanghai,,,2012-06-14,public
c-before,c,Mayor,en,,helsinki,2010-01-01,2015-01-01,,public
c-after,c,Mayor,en,,shanghai,2015-01-01,2018-01-01,,public
d-whole,d,Mayor,en,,shanghai,2010-01-01,2015-01-01,,public
d-part,d,Mayor,en,,pudong,,,2012-06-14,public
e-one-office,e,Chair,en,lasting,helsinki,2010-01-01,2015-01-01,,public
e-other-office,e,Chair,en,lasting,shanghai,,,2012-06-14,public
f-open,f,Mayor,en,,helsinki,2010-01-01,,,public
f-attested,f,Mayor,en,,shanghai,,,2012-06-14,public
g-month,g,Mayor,en,,helsinki,,,2012-06,public
g-same-month,g,Mayor,en,,shanghai,,,2012-06,public
h-day,h,Mayor,en,,helsinki,,,2012-06-14,public
h-same-day,h,Mayor,en,,espoo,,,2012-06-14,public
i-long,i,Mayor,en,,helsinki,2010-01-01,2015-01-01,,public
i-hidden,i,Mayor,en,,shanghai,,,2012-06-14,internal
i-in-secret-city,i,Mayor,en,,secret-city,,,2012-06-14,public
j-since,j,Mayor,en,,helsinki,2010-01-01,,2014-01-01,public
j-attested,j,Mayor,en,,shanghai,,,2012-06-14,public
k-same-place,k,Mayor,en,,helsinki,2010-01-01,2015-01-01,,public
k-in-same-place,k,Chair,en,short-lived,helsinki,,,2012-06-14,public
",
    ),
    (
        "visits.csv",
        "key,title,language,status,start,end,visibility
v-61-days,Long,en,took_place,2019-01-01,2019-03-02,public
v-60-days,Not so long,en,took_place,2019-01-01,2019-03-01,public
v-perhaps,Perhaps long,en,took_place,2019-01,2019-03,public
v-future,To come,en,took_place,2999-01-01,,public
v-planned,Planned,en,planned,2999-01-01,,public
v-turned,Turned,en,took_place,,,public
v-open,Open,en,took_place,2019-01-01,2019-01-01/..,public
",
    ),
    (
        "visit_stops.csv",
        "key,visit,city,start,end,visibility
s-before,v-60-days,helsinki,2018-12-31,,public
s-first-day,v-60-days,helsinki,2019-01-01,2019-03-01,public
s-after,v-60-days,helsinki,2019-02-01,2019-03-02,public
s-perhaps,v-perhaps,helsinki,2019-01-15,2019-03-15,public
",
    ),
    (
        "events.csv",
        "key,name,language,is_series,status,start,end,organizer,visibility
e-year,A year,en,false,took_place,2010-01-01,2010-12-31,lasting,public
e-series,A series,en,true,took_place,2010-01-01,2019-12-31,lasting,public
e-too-early,Early,en,false,took_place,1999,,short-lived,public
e-too-late,Late,en,false,took_place,2014,,short-lived,public
e-of-secret,Of a secret,en,false,took_place,2014,,secret,public
",
    ),
    (
        "memberships.csv",
        "key,member_kind,member,organization,since,until,visibility
m-too-late,official,a,short-lived,,2013-02,public
m-last-day,official,b,short-lived,,2013-01-14,public
m-too-early,official,c,short-lived,2000-04-30,,public
m-first-year,official,d,short-lived,2000,,public
m-denied,city,helsinki,lasting,,,public
m-doubted-since,city,espoo,lasting,2001,,public
m-secretly-denied,city,shanghai,lasting,,,public
",
    ),
    (
        "partnerships.csv",
        "key,members,kind,since,ended,status,visibility
r-active,espoo;shanghai,sister_city,1998,,active,public
r-ended-active,helsinki;shanghai,sister_city,1998,2001,active,public
r-unverified,espoo;pudong,sister_city,,,unverified,public
r-disputed,helsinki;pudong,sister_city,,,disputed,public
r-refuted,helsinki;espoo,sister_city,,,refuted,public
r-one-party,espoo;shanghai,friendship_city,1998,,active,public
r-suspended-party,espoo;pudong,friendship_city,1998,2010,ended,public
r-secret-party,helsinki;pudong,friendship_city,,,active,public
r-denied,helsinki;shanghai,friendship_city,,,active,public
r-denied-since,helsinki;espoo,friendship_city,1998,,active,public
",
    ),
    (
        "partnership_parties.csv",
        "key,partnership,party_kind,party,status,since,ended,visibility
t-disputed,r-one-party,city,espoo,disputed,1998,,public
t-suspended,r-suspended-party,city,espoo,suspended,1997,2010,public
t-late,r-suspended-party,city,pudong,ended,,2011,public
t-secret,r-secret-party,city,pudong,refuted,,,internal
t-refuted,r-refuted,city,espoo,refuted,,,public
",
    ),
    (
        "sources.csv",
        "key,title,language,publisher,url,published,kind,visibility\nnews,News,en,,,,news,public\nsecret-news,News,en,,,,news,internal\n",
    ),
    (
        "citations.csv",
        "key,record_kind,record,field,claimed_value,source,stance,visibility
c1,city,helsinki,name,,news,supports,public
c2,city,espoo,name,,news,context,public
c3,city,shanghai,name,,news,contradicts,public
c4,city,pudong,name,,news,supports,internal
c5,membership,m-denied,exists,no,news,contradicts,public
c6,membership,m-doubted-since,since,2002,news,contradicts,public
c7,membership,m-secretly-denied,exists,no,secret-news,contradicts,public
c8,partnership,r-denied,exists,no,news,contradicts,public
c9,partnership,r-denied-since,since,1999,news,contradicts,public
c10,partnership,r-refuted,exists,no,news,contradicts,public
c11,partnership,r-active,exists,yes,news,supports,public
",
    ),
];

/// What is found: the issue, the list, and the keys.
pub const FOUND: &[(&str, &str, &str)] = &[
    ("WITHOUT_SOURCE", "cities", "espoo shanghai pudong"),
    ("WITHOUT_SOURCE", "sources", ""),
    ("WITHOUT_SOURCE", "countries", "FI CN"),
    ("CONTRADICTED", "cities", "shanghai"),
    ("CONTRADICTED", "memberships", "m-denied m-doubted-since"),
    ("CONTRADICTED", "partnerships", "r-denied r-denied-since r-refuted"),
    ("DANGLING_POSITIONS", "positions", "a-placeless a-undated a-of-secret a-in-secret-city i-in-secret-city"),
    ("OVERLAPPING_OFFICES", "positions", "b-long b-attested h-day h-same-day j-since j-attested"),
    ("SUSPICIOUS_DATES", "visits", "v-61-days v-future v-turned"),
    ("SUSPICIOUS_DATES", "visitStops", "s-before s-after"),
    ("SUSPICIOUS_DATES", "events", "e-year e-too-early e-too-late"),
    ("SUSPICIOUS_DATES", "memberships", "m-too-late m-too-early"),
    ("SUSPICIOUS_DATES", "positions", "a-before-founded a-after-dissolved"),
    ("SUSPICIOUS_DATES", "partnerships", "r-ended-active"),
    ("SUSPICIOUS_DATES", "partnershipParties", "t-suspended t-late"),
    ("ONE_SIDED_ENTRIES", "partnerships", "r-unverified r-disputed r-one-party r-denied"),
    ("ONE_SIDED_ENTRIES", "memberships", "m-denied"),
];

/// The files, in a directory.
pub fn written() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in FILES {
        std::fs::write(directory.path().join(name), text).expect("a file");
    }
    directory
}
