//! One method per Redis command. Arguments are what the crate `redis` can send; lists may be slices.
//!
//! Every method returns the call's token, or what the gateway says when the call does not start.

use proxy_wasm::types::Status;
use redis::ToRedisArgs;

use super::{RedisClient, RedisValueCallbackFn};

type Callback = Box<RedisValueCallbackFn>;
type Started = Result<u32, Status>;

impl RedisClient {
    /// Runs a Lua script (EVAL) on `keys` with `args`.
    pub fn eval<K: ToRedisArgs, A: ToRedisArgs>(
        &self,
        script: &str,
        keys: &[K],
        args: &[A],
        call_fn: Callback,
    ) -> Started {
        let mut cmd = redis::cmd("EVAL");
        cmd.arg(script).arg(keys.len()).arg(keys).arg(args);
        self.command(&cmd, call_fn)
    }

    /// Deletes one key or several. (DEL)
    pub fn del(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("DEL").arg(keys), call_fn)
    }

    /// How many of the keys exist. (EXISTS)
    pub fn exists(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("EXISTS").arg(keys), call_fn)
    }

    /// Lets a key live for so many seconds. (EXPIRE)
    pub fn expire(&self, key: impl ToRedisArgs, seconds: i64, call_fn: Callback) -> Started {
        self.command(redis::cmd("EXPIRE").arg(key).arg(seconds), call_fn)
    }

    /// Takes a key's end away. (PERSIST)
    pub fn persist(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("PERSIST").arg(key), call_fn)
    }

    /// Reads a value. (GET)
    pub fn get(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("GET").arg(key), call_fn)
    }

    /// Writes a value. (SET)
    pub fn set(
        &self,
        key: impl ToRedisArgs,
        value: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("SET").arg(key).arg(value), call_fn)
    }

    /// Writes a value that lives for so many seconds. (SETEX)
    pub fn setex(
        &self,
        key: impl ToRedisArgs,
        value: impl ToRedisArgs,
        seconds: i64,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("SETEX").arg(key).arg(seconds).arg(value),
            call_fn,
        )
    }

    /// Reads several values. (MGET)
    pub fn mget(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("MGET").arg(keys), call_fn)
    }

    /// Writes several values. (MSET)
    pub fn mset<K: ToRedisArgs, V: ToRedisArgs>(
        &self,
        pairs: &[(K, V)],
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("MSET").arg(pairs), call_fn)
    }

    /// Adds 1. (INCR)
    pub fn incr(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("INCR").arg(key), call_fn)
    }

    /// Subtracts 1. (DECR)
    pub fn decr(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("DECR").arg(key), call_fn)
    }

    /// Adds. (INCRBY)
    pub fn incrby(&self, key: impl ToRedisArgs, delta: i64, call_fn: Callback) -> Started {
        self.command(redis::cmd("INCRBY").arg(key).arg(delta), call_fn)
    }

    /// Subtracts. (DECRBY)
    pub fn decrby(&self, key: impl ToRedisArgs, delta: i64, call_fn: Callback) -> Started {
        self.command(redis::cmd("DECRBY").arg(key).arg(delta), call_fn)
    }

    /// The length. (LLEN)
    pub fn llen(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("LLEN").arg(key), call_fn)
    }

    /// Appends. (RPUSH)
    pub fn rpush(
        &self,
        key: impl ToRedisArgs,
        values: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("RPUSH").arg(key).arg(values), call_fn)
    }

    /// Takes the last. (RPOP)
    pub fn rpop(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("RPOP").arg(key), call_fn)
    }

    /// Puts in front. (LPUSH)
    pub fn lpush(
        &self,
        key: impl ToRedisArgs,
        values: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("LPUSH").arg(key).arg(values), call_fn)
    }

    /// Takes the first. (LPOP)
    pub fn lpop(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("LPOP").arg(key), call_fn)
    }

    /// The element at a place, from 0, from the end below 0. (LINDEX)
    pub fn lindex(&self, key: impl ToRedisArgs, index: i64, call_fn: Callback) -> Started {
        self.command(redis::cmd("LINDEX").arg(key).arg(index), call_fn)
    }

    /// The elements from `start` to `stop`, both included. (LRANGE)
    pub fn lrange(
        &self,
        key: impl ToRedisArgs,
        start: i64,
        stop: i64,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("LRANGE").arg(key).arg(start).arg(stop), call_fn)
    }

    /// Removes `count` equal elements (0: all; below 0: from the end). (LREM)
    pub fn lrem(
        &self,
        key: impl ToRedisArgs,
        count: i64,
        value: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("LREM").arg(key).arg(count).arg(value), call_fn)
    }

    /// Inserts in front of `pivot`. (LINSERT)
    pub fn linsert_before(
        &self,
        key: impl ToRedisArgs,
        pivot: impl ToRedisArgs,
        value: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("LINSERT")
                .arg(key)
                .arg("BEFORE")
                .arg(pivot)
                .arg(value),
            call_fn,
        )
    }

    /// Inserts behind `pivot`. (LINSERT)
    pub fn linsert_after(
        &self,
        key: impl ToRedisArgs,
        pivot: impl ToRedisArgs,
        value: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("LINSERT")
                .arg(key)
                .arg("AFTER")
                .arg(pivot)
                .arg(value),
            call_fn,
        )
    }

    /// Whether a field exists. (HEXISTS)
    pub fn hexists(
        &self,
        key: impl ToRedisArgs,
        field: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HEXISTS").arg(key).arg(field), call_fn)
    }

    /// Deletes fields. (HDEL)
    pub fn hdel(
        &self,
        key: impl ToRedisArgs,
        fields: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HDEL").arg(key).arg(fields), call_fn)
    }

    /// How many fields there are. (HLEN)
    pub fn hlen(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("HLEN").arg(key), call_fn)
    }

    /// Reads a field. (HGET)
    pub fn hget(
        &self,
        key: impl ToRedisArgs,
        field: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HGET").arg(key).arg(field), call_fn)
    }

    /// Writes a field. (HSET)
    pub fn hset(
        &self,
        key: impl ToRedisArgs,
        field: impl ToRedisArgs,
        value: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HSET").arg(key).arg(field).arg(value), call_fn)
    }

    /// Reads several fields. (HMGET)
    pub fn hmget(
        &self,
        key: impl ToRedisArgs,
        fields: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HMGET").arg(key).arg(fields), call_fn)
    }

    /// Writes several fields. (HMSET)
    pub fn hmset<K: ToRedisArgs, V: ToRedisArgs>(
        &self,
        key: impl ToRedisArgs,
        pairs: &[(K, V)],
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("HMSET").arg(key).arg(pairs), call_fn)
    }

    /// The names of the fields. (HKEYS)
    pub fn hkeys(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("HKEYS").arg(key), call_fn)
    }

    /// The values of the fields. (HVALS)
    pub fn hvals(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("HVALS").arg(key), call_fn)
    }

    /// Names and values. (HGETALL)
    pub fn hgetall(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("HGETALL").arg(key), call_fn)
    }

    /// Adds to a field. (HINCRBY)
    pub fn hincrby(
        &self,
        key: impl ToRedisArgs,
        field: impl ToRedisArgs,
        delta: i64,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("HINCRBY").arg(key).arg(field).arg(delta),
            call_fn,
        )
    }

    /// Adds to a field. (HINCRBYFLOAT)
    pub fn hincrbyfloat(
        &self,
        key: impl ToRedisArgs,
        field: impl ToRedisArgs,
        delta: f64,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("HINCRBYFLOAT").arg(key).arg(field).arg(delta),
            call_fn,
        )
    }

    /// How many members there are. (SCARD)
    pub fn scard(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("SCARD").arg(key), call_fn)
    }

    /// Adds members. (SADD)
    pub fn sadd(
        &self,
        key: impl ToRedisArgs,
        members: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("SADD").arg(key).arg(members), call_fn)
    }

    /// Removes members. (SREM)
    pub fn srem(
        &self,
        key: impl ToRedisArgs,
        members: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("SREM").arg(key).arg(members), call_fn)
    }

    /// Whether it is a member. (SISMEMBER)
    pub fn sismember(
        &self,
        key: impl ToRedisArgs,
        member: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("SISMEMBER").arg(key).arg(member), call_fn)
    }

    /// The members. (SMEMBERS)
    pub fn smembers(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("SMEMBERS").arg(key), call_fn)
    }

    /// The members of the first set that are in none of the others. (SDIFF)
    pub fn sdiff(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("SDIFF").arg(keys), call_fn)
    }

    /// The same, stored under `destination`. (SDIFFSTORE)
    pub fn sdiffstore(
        &self,
        destination: impl ToRedisArgs,
        keys: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("SDIFFSTORE").arg(destination).arg(keys), call_fn)
    }

    /// The members that are in every set. (SINTER)
    pub fn sinter(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("SINTER").arg(keys), call_fn)
    }

    /// The same, stored under `destination`. (SINTERSTORE)
    pub fn sinterstore(
        &self,
        destination: impl ToRedisArgs,
        keys: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("SINTERSTORE").arg(destination).arg(keys),
            call_fn,
        )
    }

    /// The members of any of the sets. (SUNION)
    pub fn sunion(&self, keys: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("SUNION").arg(keys), call_fn)
    }

    /// The same, stored under `destination`. (SUNIONSTORE)
    pub fn sunion_store(
        &self,
        destination: impl ToRedisArgs,
        keys: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("SUNIONSTORE").arg(destination).arg(keys),
            call_fn,
        )
    }

    /// How many members there are. (ZCARD)
    pub fn zcard(&self, key: impl ToRedisArgs, call_fn: Callback) -> Started {
        self.command(redis::cmd("ZCARD").arg(key), call_fn)
    }

    /// Adds members, as pairs of score and member. (ZADD)
    pub fn zadd<K: ToRedisArgs, V: ToRedisArgs>(
        &self,
        key: impl ToRedisArgs,
        scored: &[(K, V)],
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZADD").arg(key).arg(scored), call_fn)
    }

    /// How many members have a score in the range. (ZCOUNT)
    pub fn zcount(
        &self,
        key: impl ToRedisArgs,
        min: impl ToRedisArgs,
        max: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZCOUNT").arg(key).arg(min).arg(max), call_fn)
    }

    /// Adds to a member's score. (ZINCRBY)
    pub fn zincrby(
        &self,
        key: impl ToRedisArgs,
        delta: impl ToRedisArgs,
        member: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("ZINCRBY").arg(key).arg(delta).arg(member),
            call_fn,
        )
    }

    /// A member's score. (ZSCORE)
    pub fn zscore(
        &self,
        key: impl ToRedisArgs,
        member: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZSCORE").arg(key).arg(member), call_fn)
    }

    /// A member's place, lowest score first. (ZRANK)
    pub fn zrank(
        &self,
        key: impl ToRedisArgs,
        member: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZRANK").arg(key).arg(member), call_fn)
    }

    /// A member's place, highest score first. (ZREVRANK)
    pub fn zrev_rank(
        &self,
        key: impl ToRedisArgs,
        member: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZREVRANK").arg(key).arg(member), call_fn)
    }

    /// Removes members. (ZREM)
    pub fn zrem(
        &self,
        key: impl ToRedisArgs,
        members: impl ToRedisArgs,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZREM").arg(key).arg(members), call_fn)
    }

    /// The members from `start` to `stop`, lowest score first. (ZRANGE)
    pub fn zrange(
        &self,
        key: impl ToRedisArgs,
        start: i64,
        stop: i64,
        call_fn: Callback,
    ) -> Started {
        self.command(redis::cmd("ZRANGE").arg(key).arg(start).arg(stop), call_fn)
    }

    /// The members from `start` to `stop`, highest score first. (ZREVRANGE)
    pub fn zrevrange(
        &self,
        key: impl ToRedisArgs,
        start: i64,
        stop: i64,
        call_fn: Callback,
    ) -> Started {
        self.command(
            redis::cmd("ZREVRANGE").arg(key).arg(start).arg(stop),
            call_fn,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cluster_wrapper::StaticIpCluster;
    use crate::redis_wrapper::RedisClientBuilder;
    use crate::testing::TestHost;

    /// The words of the command that a method sends.
    fn words(send: impl FnOnce(&RedisClient, Callback) -> Started) -> String {
        extern "C" fn nothing() {}
        let host = TestHost::start(nothing);
        let cluster = StaticIpCluster::new("r", 6379, "");
        let client = RedisClientBuilder::new(&cluster, Duration::from_secs(1)).build();
        send(&client, Box::new(|_, _, _| {})).unwrap();
        let query = String::from_utf8(host.redis_calls()[0].query.clone()).unwrap();
        let mut lines = query.split("\r\n");
        let count: usize = lines.next().unwrap()[1..].parse().unwrap();
        let words: Vec<&str> = lines.skip(1).step_by(2).take(count).collect();
        words.join(" ")
    }

    #[test]
    fn every_method_sends_its_command_in_redis_order() {
        macro_rules! sends {
            ($($method:ident($($arg:expr),*) => $words:literal;)*) => {$(
                assert_eq!(words(|client, call_fn| client.$method($($arg,)* call_fn)), $words);
            )*};
        }
        sends! {
            eval("return 1", &["k"], &["a", "b"]) => "EVAL return 1 1 k a b";
            del("k") => "DEL k";
            exists(&["a", "b"][..]) => "EXISTS a b";
            expire("k", 10) => "EXPIRE k 10";
            persist("k") => "PERSIST k";
            get("k") => "GET k";
            set("k", 1) => "SET k 1";
            setex("k", "v", 10) => "SETEX k 10 v";
            mget(&["a", "b"][..]) => "MGET a b";
            mset(&[("a", 1), ("b", 2)]) => "MSET a 1 b 2";
            incr("k") => "INCR k";
            decr("k") => "DECR k";
            incrby("k", -2) => "INCRBY k -2";
            decrby("k", 2) => "DECRBY k 2";
            llen("k") => "LLEN k";
            rpush("k", &["a", "b"][..]) => "RPUSH k a b";
            rpop("k") => "RPOP k";
            lpush("k", "a") => "LPUSH k a";
            lpop("k") => "LPOP k";
            lindex("k", -1) => "LINDEX k -1";
            lrange("k", 0, -1) => "LRANGE k 0 -1";
            lrem("k", 2, "a") => "LREM k 2 a";
            linsert_before("k", "p", "v") => "LINSERT k BEFORE p v";
            linsert_after("k", "p", "v") => "LINSERT k AFTER p v";
            hexists("k", "f") => "HEXISTS k f";
            hdel("k", "f") => "HDEL k f";
            hlen("k") => "HLEN k";
            hget("k", "f") => "HGET k f";
            hset("k", "f", "v") => "HSET k f v";
            hmget("k", &["f", "g"][..]) => "HMGET k f g";
            hmset("k", &[("f", "v")]) => "HMSET k f v";
            hkeys("k") => "HKEYS k";
            hvals("k") => "HVALS k";
            hgetall("k") => "HGETALL k";
            hincrby("k", "f", 3) => "HINCRBY k f 3";
            hincrbyfloat("k", "f", 0.5) => "HINCRBYFLOAT k f 0.5";
            scard("k") => "SCARD k";
            sadd("k", "m") => "SADD k m";
            srem("k", "m") => "SREM k m";
            sismember("k", "m") => "SISMEMBER k m";
            smembers("k") => "SMEMBERS k";
            sdiff(&["a", "b"][..]) => "SDIFF a b";
            sdiffstore("d", &["a", "b"][..]) => "SDIFFSTORE d a b";
            sinter(&["a", "b"][..]) => "SINTER a b";
            sinterstore("d", &["a", "b"][..]) => "SINTERSTORE d a b";
            sunion(&["a", "b"][..]) => "SUNION a b";
            sunion_store("d", &["a", "b"][..]) => "SUNIONSTORE d a b";
            zcard("k") => "ZCARD k";
            zadd("k", &[(1, "m"), (2, "n")]) => "ZADD k 1 m 2 n";
            zcount("k", "-inf", 5) => "ZCOUNT k -inf 5";
            zincrby("k", 2, "m") => "ZINCRBY k 2 m";
            zscore("k", "m") => "ZSCORE k m";
            zrank("k", "m") => "ZRANK k m";
            zrev_rank("k", "m") => "ZREVRANK k m";
            zrem("k", "m") => "ZREM k m";
            zrange("k", 0, -1) => "ZRANGE k 0 -1";
            zrevrange("k", 0, -1) => "ZREVRANGE k 0 -1";
        }
    }
}
