"""Change calendars of AWS Systems Manager: SSM documents of iCalendar text, and whether they let changes through."""
