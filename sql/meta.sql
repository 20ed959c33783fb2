-- What a catalog records of itself: its source files, the rows left out of them, and its builds.
create schema if not exists meta;

create or replace table meta.sources (
    file varchar,
    bytes bigint,
    sha256 varchar,
    row_count bigint,
    rejected_count bigint
);

comment on table meta.sources is 'One source file that the catalog was built from.';

create or replace table meta.rejected_rows (
    file varchar,
    line bigint,
    reason varchar,
    text varchar
);

comment on table meta.rejected_rows is 'One invalid row that --skip-bad-rows left out.';

create table if not exists meta.builds (
    time timestamp,
    versions json,
    configuration json,
    seconds double
);

comment on table meta.builds is 'One build of this catalog, the newest last.';
