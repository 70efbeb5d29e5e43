SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE SCHEMA beside;
CREATE DOMAIN public.code AS character varying(8)
	CONSTRAINT code_check CHECK (((VALUE)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying, 'c'::character varying])::text[])))
	CONSTRAINT code_check1 CHECK ((length((VALUE)::text) < 9));
CREATE TYPE public.mood AS ENUM (
    'sad',
    'ok',
    'happy'
);
CREATE TYPE public.span AS RANGE (
    subtype = double precision,
    subtype_diff = float8mi
);
CREATE FUNCTION public.many(a integer, b text DEFAULT 'x'::text, VARIADIC c integer[] DEFAULT '{1,2}'::integer[]) RETURNS TABLE(d integer, e public.mood)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$SELECT 1, NULL::public.mood$$;
CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN NEW.tags := '{}'; RETURN NEW; END $$;
CREATE TABLE beside.rooms (
    id integer NOT NULL,
    of_user integer,
    during int4range DEFAULT '[1,3)'::int4range
);
CREATE TABLE public.users (
    id integer NOT NULL,
    mail character varying(80) NOT NULL,
    state character varying(9) DEFAULT 'new'::character varying,
    kind character(3),
    feels public.mood DEFAULT 'ok'::public.mood NOT NULL,
    made timestamp with time zone DEFAULT now() NOT NULL,
    made_on date GENERATED ALWAYS AS ((timezone('UTC'::text, '2026-01-01 00:00:00+00'::timestamp with time zone))::date) STORED,
    noted text,
    short text GENERATED ALWAYS AS ("substring"(noted, 1, 3)) STORED,
    tags text[] DEFAULT '{}'::text[],
    data jsonb DEFAULT '{"a": [1, 2]}'::jsonb,
    during tstzrange,
    CONSTRAINT users_kind_check CHECK ((kind = ANY (ARRAY['abc'::bpchar, 'def'::bpchar]))),
    CONSTRAINT users_mail_check CHECK ((((mail)::text ~~ '%@%'::text) AND ((mail)::text IS DISTINCT FROM ''::text))),
    CONSTRAINT users_state_check CHECK (((state)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying, 'gone'::character varying])::text[]))),
    CONSTRAINT whole CHECK (((btrim(noted, ' '::text) = noted) AND ("position"(noted, '@'::text) > 0) AND ("overlay"(noted, 'x'::text, 1, 1) <> ''::text) AND (NOT (((state)::text = 'new'::text) AND (kind IS NULL)))))
);
COMMENT ON TABLE public.users IS 'who buys; it''s "all"';
COMMENT ON COLUMN public.users.mail IS 'two
lines';
CREATE VIEW beside.rooms_of AS
 SELECT r.id,
    u.mail
   FROM beside.rooms r,
    public.users u
  WHERE ((r.of_user = u.id) AND (r.during @> 2));
CREATE TABLE public.events (
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    n integer
)
PARTITION BY RANGE (at);
CREATE TABLE public.orders (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    amount numeric(10,2) DEFAULT 0,
    placed date DEFAULT CURRENT_DATE NOT NULL,
    code public.code,
    CONSTRAINT orders_amount_check CHECK (((amount >= (0)::numeric) AND (amount <= (1000000)::numeric)))
)
WITH (fillfactor='80', autovacuum_enabled=off);
CREATE VIEW public.big AS
 SELECT o.id,
    o.amount,
    u.mail,
    ((u.state)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])) AS is_known,
    count(*) OVER (PARTITION BY u.id ORDER BY o.placed) AS nth,
        CASE u.state
            WHEN 'new'::text THEN 1
            ELSE 2
        END AS rank,
    ( SELECT max(x.amount) AS max
           FROM public.orders x
          WHERE (x.user_id = u.id)) AS most
   FROM ((public.orders o
     JOIN public.users u ON ((u.id = o.user_id)))
     LEFT JOIN LATERAL ( SELECT e.n
           FROM public.events e
          WHERE (e.n = u.id)
         LIMIT 1) l ON (true))
  WHERE ((o.amount > (100)::numeric) AND ((o.code)::text = ANY (ARRAY['a'::text, 'b'::text])));
CREATE TABLE public.parent (
    a integer NOT NULL,
    b text,
    CONSTRAINT parent_a_check CHECK ((a > 0))
);
CREATE TABLE public.child (
    c integer
)
INHERITS (public.parent);
CREATE TABLE public.events_2026 (
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    n integer
)
PARTITION BY LIST (kind);
CREATE TABLE public.events_2026_a (
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    n integer
);
CREATE TABLE public.events_rest (
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    n integer
);
CREATE VIEW public.grouped AS
SELECT
    NULL::integer AS id,
    NULL::character varying(80) AS mail;
CREATE VIEW public.joined AS
 SELECT orders.id,
    users.mail,
    users.state,
    users.kind,
    users.feels,
    users.made,
    users.made_on,
    users.noted,
    users.short,
    users.tags,
    users.data,
    users.during,
    orders.user_id,
    orders.amount,
    orders.placed,
    orders.code
   FROM (public.users
     JOIN public.orders USING (id));
CREATE SEQUENCE public.numbers
    AS integer
    START WITH 10
    INCREMENT BY 5
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
    CYCLE;
CREATE SEQUENCE public.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;
CREATE VIEW public.several AS
 WITH RECURSIVE r AS (
         SELECT 1 AS n
        UNION ALL
         SELECT (r.n + 1)
           FROM r
          WHERE (r.n < 5)
        )
 SELECT r.n
   FROM r
UNION (
         SELECT users.id AS n
           FROM public.users
        EXCEPT
         SELECT orders.user_id AS n
           FROM public.orders
)
  ORDER BY 1;
CREATE MATERIALIZED VIEW public.totals AS
 SELECT orders.user_id,
    sum(orders.amount) FILTER (WHERE ((orders.code)::text = ANY ((ARRAY['a'::character varying, 'c'::character varying])::text[]))) AS amount
   FROM public.orders
  GROUP BY ROLLUP(orders.user_id)
  WITH NO DATA;
ALTER TABLE public.users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2026 FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
ALTER TABLE ONLY public.events_2026 ATTACH PARTITION public.events_2026_a FOR VALUES IN ('a', 'b');
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_rest DEFAULT;
ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);
ALTER TABLE ONLY beside.rooms
    ADD CONSTRAINT rooms_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (at, kind);
ALTER TABLE ONLY public.events_2026
    ADD CONSTRAINT events_2026_pkey PRIMARY KEY (at, kind);
ALTER TABLE ONLY public.events_2026_a
    ADD CONSTRAINT events_2026_a_pkey PRIMARY KEY (at, kind);
ALTER TABLE ONLY public.events_rest
    ADD CONSTRAINT events_rest_pkey PRIMARY KEY (at, kind);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_int4range_excl EXCLUDE USING gist (int4range(user_id, (user_id + 1)) WITH &&) WHERE ((amount > (10)::numeric));
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_placed_amount_key UNIQUE (user_id, placed) INCLUDE (amount);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_mail_key UNIQUE (mail);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX events_n_idx ON ONLY public.events USING btree (n);
CREATE INDEX events_2026_n_idx ON ONLY public.events_2026 USING btree (n);
CREATE INDEX events_2026_a_n_idx ON public.events_2026_a USING btree (n);
CREATE INDEX events_rest_n_idx ON public.events_rest USING btree (n);
CREATE INDEX orders_lower_amount_idx ON public.orders USING btree (lower((code)::text), amount DESC NULLS LAST) WHERE (((code)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])) AND (amount > (0)::numeric));
CREATE UNIQUE INDEX totals_user_id_idx ON public.totals USING btree (user_id);
CREATE INDEX users_at ON public.users USING btree (timezone('UTC'::text, made), ((data ->> 'k'::text)), COALESCE(state, 'x'::character varying));
CREATE INDEX users_data ON public.users USING gin (data jsonb_path_ops, tags);
CREATE UNIQUE INDEX users_lower ON public.users USING btree (lower((mail)::text) text_pattern_ops) INCLUDE (state);
ALTER INDEX public.events_2026_n_idx ATTACH PARTITION public.events_2026_a_n_idx;
ALTER INDEX public.events_2026_pkey ATTACH PARTITION public.events_2026_a_pkey;
ALTER INDEX public.events_n_idx ATTACH PARTITION public.events_2026_n_idx;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_2026_pkey;
ALTER INDEX public.events_n_idx ATTACH PARTITION public.events_rest_n_idx;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_rest_pkey;
CREATE STATISTICS public.both_of (ndistinct, mcv) ON user_id, placed FROM public.orders;
CREATE OR REPLACE VIEW public.grouped WITH (security_barrier='true') AS
 SELECT users.id,
    users.mail
   FROM public.users
  GROUP BY users.id;
CREATE RULE quiet AS
    ON DELETE TO public.parent
   WHERE (old.b = ANY (ARRAY['x'::text, 'y'::text])) DO INSTEAD  UPDATE public.parent SET b = 'z'::text
  WHERE (parent.a = old.a);
CREATE TRIGGER counted AFTER DELETE ON public.orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.touch();
CREATE TRIGGER touches BEFORE INSERT OR UPDATE OF mail, state ON public.users FOR EACH ROW WHEN (((new.state)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]))) EXECUTE FUNCTION public.touch();
ALTER TABLE ONLY beside.rooms
    ADD CONSTRAINT rooms_of_user_fkey FOREIGN KEY (of_user) REFERENCES public.users(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON UPDATE RESTRICT ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE POLICY own ON public.users USING ((((mail)::text = CURRENT_USER) AND ((state)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[])) AND (id IN ( SELECT orders.user_id
   FROM public.orders)))) WITH CHECK ((kind IS NOT NULL));
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;
