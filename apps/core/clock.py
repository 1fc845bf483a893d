"""What time it is: one place, so that a test can hold the clock."""

from django.utils import timezone

now = timezone.now
