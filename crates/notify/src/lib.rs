//! Messages to people: their words, their calendar files, and SMTP.
