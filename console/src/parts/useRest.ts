import { useEffect, useState } from 'react';

const restMs = 300;

/** Whether what matters has been there for a moment, so that what comes later may load without being in its way. */
export function useRest(isThere: boolean): boolean {
  const [isResting, setIsResting] = useState(false);
  useEffect(() => {
    if (!isThere) return;
    const timer = setTimeout(() => setIsResting(true), restMs);
    return () => clearTimeout(timer);
  }, [isThere]);
  return isResting;
}
