//! Times as numbers in the names of files.

/// `YYYYMMDDHHMMSS` in UTC, from seconds since 1970 (days to civil date after Howard Hinnant's algorithm).
pub fn timestamp(seconds: u64) -> u128 {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let date = year * 10_000 + month * 100 + day;
    let time = second / 3_600 * 10_000 + second / 60 % 60 * 100 + second % 60;
    u128::from(date) * 1_000_000 + u128::from(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_the_date_in_utc() {
        assert_eq!(timestamp(1_709_210_096), 20_240_229_123_456);
    }
}
